import type { ModelInfo } from '../api/contract.ts';
import type {
  AutomaticRequest,
  PropagateRequest,
  ProposalResult,
  ProposalTaskView,
  SimilarRequest,
} from '../api/proposals.ts';
import { isLamellaError, LamellaError } from '../errors.ts';
import { TaskList, type TaskWork } from '../workbench/tasks.ts';
import { exampleImages, exampleIdsByImage } from './examples.ts';
import { overImages } from './overImages.ts';
import { propagate } from './propagate.ts';
import type { ProposalNeeds } from './proposalNeeds.ts';
import { searchImage } from './searchImage.ts';
import { segmentImage } from './segmentImage.ts';

export interface ProposalsNeeds extends ProposalNeeds {
  announce(task: ProposalTaskView): void;
  reportDefect(cause: unknown): void;
}

/** What the program proposes on the images of one project: one task at a time, one edit an image. */
export class Proposals {
  readonly tasks: TaskList<ProposalResult>;

  constructor(private readonly needs: ProposalsNeeds) {
    this.tasks = new TaskList<ProposalResult>(
      needs.announce,
      () => '',
      async () => undefined,
      needs.reportDefect,
    );
  }

  /**
   * Looks for masks of everything on the images, in their order.
   * @throws LamellaError edit-refused while another task runs, project-locked, not-found for an image or the class.
   */
  startAutomatic(request: AutomaticRequest): ProposalTaskView {
    const images = this.#admit(request.imageIds);
    if (!this.needs.project.classes().some(({ id }) => id === request.classId)) {
      throw new LamellaError('not-found', `Class ${request.classId} is not in this project (any more).`);
    }
    return this.#start(`Segment ${named(images)}`, (work, model) =>
      overImages(images, work, (image) => segmentImage(this.needs, image, request, model)),
    );
  }

  /**
   * Looks for what is like the examples on the images, in their order.
   * @throws LamellaError as {@link startAutomatic}; edit-refused where an example is not accepted, or there is none.
   */
  startSimilar(request: SimilarRequest): ProposalTaskView {
    const images = this.#admit(request.imageIds);
    const ids = exampleIdsByImage(this.needs.project, request.exampleIds);
    return this.#start(`Look for similar objects on ${named(images)}`, async (work, model) => {
      work.progress(null, 'learning from the examples');
      const learned = await this.needs.inference.learnSimilar(model, exampleImages(this.needs, ids), work.signal);
      return overImages(images, work, (image) => searchImage(this.needs, image, learned, model, request.plane));
    });
  }

  /**
   * Looks for objects of one plane on the others of its stack or time series.
   * @throws LamellaError as {@link startAutomatic}
   */
  startPropagation(request: PropagateRequest): ProposalTaskView {
    const images = this.#admit([request.imageId]);
    return this.#start(`Follow objects through ${named(images)}`, (work) =>
      overImages(images, work, (image) => propagate(this.needs, image, request)),
    );
  }

  /** All of a task's images are done by the model that is there at its start. */
  #start(title: string, work: (work: TaskWork, model: ModelInfo) => Promise<ProposalResult>): ProposalTaskView {
    return this.tasks.start(title, async (task) => {
      try {
        const model = await this.needs.inference.model(task.signal);
        return { result: await work(task, model), downloadFolder: null };
      } catch (cause) {
        throw isLamellaError(cause) && cause.code === 'superseded' ? superseded(cause) : cause;
      }
    });
  }

  /** The images, each once. */
  #admit(imageIds: readonly number[]): { id: number; name: string }[] {
    const { project } = this.needs;
    if (!project.writable) {
      throw new LamellaError('project-locked', `${project.name} is open for looking only.`, {
        path: project.folder,
        remedy: 'Close it in the other window, or copy it to a folder of your own.',
      });
    }
    if (this.tasks.running().length > 0) {
      throw new LamellaError('edit-refused', 'Objects are being looked for in this project already.', {
        remedy: 'Wait until that is done, or cancel it.',
      });
    }
    return [...new Set(imageIds)].map((id) => project.image(id).view);
  }
}

function named(images: readonly { name: string }[]): string {
  return images.length === 1 ? images[0]!.name : `${images.length} images`;
}

function superseded(cause: LamellaError): LamellaError {
  return new LamellaError('superseded', `${cause.message} Objects are not looked for any more; what was found stays.`, {
    remedy: 'Start again: it goes on with what is chosen now.',
    cause,
  });
}
