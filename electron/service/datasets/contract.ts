import type { ExportResult } from '../api/contract.ts';
import type { Micrograph } from '../micrographs/contract.ts';
import type { Project } from '../project/contract.ts';

export interface ExportJob {
  project: Project;
  /** Opens the file of an image; throws LamellaError when it is missing or damaged. */
  openImage(imageId: number): Promise<Micrograph>;
  /** Absolute folder; the exporter makes it. Files of an earlier export are replaced, other files stay. */
  output: string;
  options: {
    segmentation: 'auto' | 'polygon' | 'rle';
    images: boolean;
    container: 'tiff' | 'png';
    /** Crops the info bar off: pictures, masks and sizes end above it. */
    withoutDataBar: boolean;
  };
  signal: AbortSignal;
  onProgress(done: number, total: number, detail: string): void;
}

/** One dataset format; index.ts holds the table. */
export interface DatasetFormat {
  name: string;
  export(job: ExportJob): Promise<ExportResult>;
}
