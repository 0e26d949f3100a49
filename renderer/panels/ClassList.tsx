import { Button, Tooltip } from '@blueprintjs/core';
import { Edit, Plus } from '@blueprintjs/icons';
import { useState } from 'react';
import type { ClassView } from '../../electron/service/api/contract.ts';
import { submitEdit } from '../actions/edits.ts';
import { chooseClass } from '../actions/selection.ts';
import { classColors } from '../app/colors.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { ClassEditor } from './ClassEditor.tsx';
import { PanelSection } from './PanelSection.tsx';

/** The project's classes; the current one is given to accepted objects. */
export function ClassList() {
  const classes = useProject((state) => state.records.classes);
  const current = useProject((state) => state.classId);
  const writable = useProject((state) => state.project?.writable ?? false);
  const [edited, setEdited] = useState<number | null>(null);

  const add = async () => {
    const names = new Set(classes.map(({ name }) => name));
    let n = classes.length + 1;
    while (names.has(strings.classes.newName(n))) n++;
    const used = new Set(classes.map(({ color }) => color.toLowerCase()));
    const color = classColors.find((one) => !used.has(one)) ?? classColors[classes.length % classColors.length]!;
    const change = await submitEdit({ type: 'addClass', name: strings.classes.newName(n), color, key: null });
    const added = change?.classes[0]?.after;
    if (!added) return;
    useProject.setState({ classId: added.id });
    setEdited(added.id);
  };

  return (
    <PanelSection
      title={strings.classes.title}
      extra={
        <Button
          variant="minimal"
          size="small"
          icon={<Plus />}
          disabled={!writable}
          aria-label={strings.classes.add}
          title={strings.classes.add}
          data-testid="add-class"
          onClick={() => void add()}
        />
      }
    >
      <ul className="class-list">
        {classes.map((one) => (
          <li key={one.id}>
            {edited === one.id ? (
              <ClassEditor edited={one} others={classes} onClose={() => setEdited(null)} />
            ) : (
              <ClassRow shown={one} current={one.id === current} writable={writable} onEdit={() => setEdited(one.id)} />
            )}
          </li>
        ))}
      </ul>
    </PanelSection>
  );
}

interface ClassRowProps {
  shown: ClassView;
  current: boolean;
  writable: boolean;
  onEdit(): void;
}

function ClassRow({ shown, current, writable, onEdit }: ClassRowProps) {
  return (
    <div className="class-row" data-current={current}>
      <Tooltip
        content={strings.classes.current}
        disabled={!current}
        compact
        hoverOpenDelay={600}
        className="class-pick"
      >
        <button
          type="button"
          aria-pressed={current}
          data-testid="class-item"
          data-class-id={shown.id}
          data-current={current}
          onClick={() => chooseClass(shown.id)}
          onDoubleClick={() => writable && onEdit()}
        >
          <span className="swatch" style={{ background: shown.color }} />
          <span className="class-name">{shown.name}</span>
          {shown.key && <kbd>{shown.key.toUpperCase()}</kbd>}
        </button>
      </Tooltip>
      <Button
        variant="minimal"
        size="small"
        icon={<Edit size={14} />}
        disabled={!writable}
        aria-label={strings.classes.edit(shown.name)}
        title={strings.classes.edit(shown.name)}
        data-testid="edit-class"
        onClick={onEdit}
      />
    </div>
  );
}
