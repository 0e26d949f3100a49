import { Button, ButtonGroup, HTMLSelect } from '@blueprintjs/core';
import { EyeOff, EyeOpen, GitMerge, Intersection, Lock, Trash, Unlock } from '@blueprintjs/icons';
import { memo, useMemo } from 'react';
import type { ClassView, ObjectView } from '../../electron/service/api/contract.ts';
import { submitEdit } from '../actions/edits.ts';
import { chooseClass, revealSelected, selectObjects, selectRange } from '../actions/selection.ts';
import { CommandButton } from '../app/CommandButton.tsx';
import { useAreaText } from '../state/measureStore.ts';
import { useProject } from '../state/projectStore.ts';
import { objectsByState } from '../state/review.ts';
import { useObjectsHere } from '../state/slice.ts';
import { strings } from '../strings.ts';
import { MaskThumbnail } from './MaskThumbnail.tsx';
import { WindowedList } from './WindowedList.tsx';

const rowHeightPx = 34;
const unknownColor = '#888888';

/** The accepted objects of the image on screen. */
export function ObjectList() {
  const objects = useObjectsHere();
  const classes = useProject((state) => state.records.classes);
  const selection = useProject((state) => state.selection);
  const writable = useProject((state) => state.project?.writable ?? false);
  const { accepted: listed } = objectsByState(objects);
  const selected = useMemo(() => new Set(selection), [selection]);
  const areaOf = useAreaText();
  const classOf = useMemo(() => new Map(classes.map((one) => [one.id, one])), [classes]);

  const onPick = (id: number, event: React.MouseEvent | React.KeyboardEvent) => {
    if (event.shiftKey)
      selectRange(
        id,
        listed.map((object) => object.id),
      );
    else selectObjects([id], event.ctrlKey || event.metaKey ? 'toggle' : 'replace');
  };

  return (
    <>
      <div className="object-tools">
        <ButtonGroup>
          <CommandButton command="merge" size="small" icon={<GitMerge />} text={strings.commands.titles.merge} />
          <CommandButton
            command="subtract"
            size="small"
            icon={<Intersection />}
            text={strings.commands.titles.subtract}
          />
          <CommandButton command="delete" size="small" icon={<Trash />} />
          <CommandButton command="toggle-hidden" size="small" icon={<EyeOff />} />
          <CommandButton command="toggle-locked" size="small" icon={<Lock />} />
        </ButtonGroup>
      </div>
      {selection.length > 0 && <SelectionClass classes={classes} disabled={!writable} />}
      {listed.length === 0 && <p className="panel-empty muted">{strings.objects.empty}</p>}
      <WindowedList
        items={listed}
        rowHeight={rowHeightPx}
        keyOf={(object) => object.id}
        revealed={selection.at(-1) ?? null}
        label={strings.objects.title}
        multiselectable
        data-testid="object-list"
        render={(object) => (
          <ObjectRow
            object={object}
            area={areaOf(object.areaPx)}
            objectClass={classOf.get(object.classId)}
            selected={selected.has(object.id)}
            writable={writable}
            onPick={onPick}
          />
        )}
      />
    </>
  );
}

/** Class of all that are selected; choosing one changes it for them. */
function SelectionClass({ classes, disabled }: { classes: readonly ClassView[]; disabled: boolean }) {
  const common = useProject(({ selection, records }) => {
    const ids = new Set(selection.map((id) => records.objects.get(id)?.classId));
    return ids.size === 1 ? ([...ids][0] ?? null) : null;
  });
  const selected = useProject(({ selection }) => selection.length);
  return (
    <div className="selection-class">
      <span className="muted">{strings.objects.selected(selected)}</span>
      <HTMLSelect
        fill
        disabled={disabled}
        aria-label={strings.objects.changeClass}
        title={strings.objects.changeClass}
        data-testid="selection-class"
        value={common ?? ''}
        onChange={(event) => chooseClass(Number(event.target.value))}
      >
        {common === null && <option value="">{strings.objects.mixedClasses}</option>}
        {classes.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </HTMLSelect>
    </div>
  );
}

interface ObjectRowProps {
  object: ObjectView;
  /** For people. */
  area: string;
  objectClass: ClassView | undefined;
  selected: boolean;
  writable: boolean;
  onPick(id: number, event: React.MouseEvent | React.KeyboardEvent): void;
}

const ObjectRow = memo(
  function ObjectRow({ object, area, objectClass, selected, writable, onPick }: ObjectRowProps) {
    const { id, hidden, locked, maskRevision } = object;
    const color = objectClass?.color ?? unknownColor;
    const name = objectClass?.name ?? '';
    const set = (flags: { hidden?: boolean; locked?: boolean }) => (event: React.MouseEvent) => {
      event.stopPropagation();
      void submitEdit({ type: 'updateObjects', ids: [id], set: flags });
    };
    return (
      <div
        className={`object-row ${hidden ? 'is-hidden' : ''}`}
        role="option"
        tabIndex={0}
        aria-selected={selected}
        aria-label={strings.objects.row(id, name, area)}
        data-testid="object-row"
        data-object-id={id}
        data-selected={selected}
        onClick={(event) => onPick(id, event)}
        onDoubleClick={revealSelected}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return;
          event.preventDefault();
          onPick(id, event);
        }}
      >
        <MaskThumbnail id={id} revision={maskRevision} color={color} />
        <span className="object-number">{strings.objects.number(id)}</span>
        <span className="swatch" style={{ background: color }} />
        <span className="object-class" title={name}>
          {name}
        </span>
        <span className="object-area muted">{area}</span>
        <FlagButton
          on={hidden}
          icon={hidden ? <EyeOff size={14} /> : <EyeOpen size={14} />}
          title={hidden ? strings.objects.show : strings.objects.hide}
          disabled={!writable}
          onClick={set({ hidden: !hidden })}
        />
        <FlagButton
          on={locked}
          icon={locked ? <Lock size={14} /> : <Unlock size={14} />}
          title={locked ? strings.objects.unlock : strings.objects.lock}
          disabled={!writable}
          onClick={set({ locked: !locked })}
        />
      </div>
    );
  },
  // onPick is new at every render of the list, and works on the same list.
  (a, b) =>
    a.object === b.object &&
    a.area === b.area &&
    a.objectClass === b.objectClass &&
    a.selected === b.selected &&
    a.writable === b.writable,
);

interface FlagButtonProps {
  on: boolean;
  icon: React.JSX.Element;
  title: string;
  disabled: boolean;
  onClick(event: React.MouseEvent): void;
}

/** A flag of a row: always seen where it is set, else while the row is pointed at. */
function FlagButton({ on, title, ...button }: FlagButtonProps) {
  return (
    <Button
      {...button}
      className={on ? '' : 'on-hover'}
      variant="minimal"
      size="small"
      aria-label={title}
      title={title}
    />
  );
}
