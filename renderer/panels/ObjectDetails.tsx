import type { ObjectView } from '../../electron/service/api/contract.ts';
import { useAreaText, useLengthText, usePixelScale } from '../state/measureStore.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { PanelSection } from './PanelSection.tsx';
import { percent } from './percent.ts';

/** What made the one object that is selected. */
export function ObjectDetails() {
  const object = useProject(({ selection, records }) =>
    selection.length === 1 ? (records.objects.get(selection[0]!) ?? null) : null,
  );
  if (!object) return null;
  return (
    <PanelSection title={`${strings.details.title} ${strings.objects.number(object.id)}`} className="details">
      <Facts object={object} />
    </PanelSection>
  );
}

function Facts({ object }: { object: ObjectView }) {
  const text = strings.details;
  const [x, y, width, height] = object.bbox;
  const areaOf = useAreaText();
  const lengthOf = useLengthText();
  const known = usePixelScale() !== null;
  const facts: [string, React.ReactNode][] = [
    [text.area, areaOf(object.areaPx)],
    [text.diameter, text.asCircle(lengthOf(Math.sqrt((4 * object.areaPx) / Math.PI)))],
    ...(known ? ([[text.size, `${lengthOf(width)} × ${lengthOf(height)}`]] as [string, string][]) : []),
    [text.box, `${x}, ${y} · ${width} × ${height} px`],
    ...(object.predictedIou === null ? [] : ([[text.iou, percent(object.predictedIou)]] as [string, string][])),
    ...(object.stability === null ? [] : ([[text.stability, percent(object.stability)]] as [string, string][])),
    ...(object.model === null ? [] : ([[text.model, object.model]] as [string, string][])),
    ...(object.proposal === null
      ? []
      : ([[text.confidence, percent(object.proposal.confidence)]] as [string, string][])),
    [text.prompts, <PromptSteps key="prompts" object={object} />],
    [text.created, new Date(object.createdAt).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })],
  ];
  return (
    <dl className="facts" data-testid="object-details">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function PromptSteps({ object }: { object: ObjectView }) {
  if (!object.prompts)
    return object.proposal ? strings.details.proposed[object.proposal.source] : strings.details.noPrompts;
  return (
    <ol className="prompt-steps">
      {object.prompts.steps.map(({ points, box, candidate }, index) => {
        const positive = points.filter(({ label }) => label === 1).length;
        const step = strings.details.step(positive, points.length - positive, box !== null, candidate);
        return <li key={index}>{step}</li>;
      })}
    </ol>
  );
}
