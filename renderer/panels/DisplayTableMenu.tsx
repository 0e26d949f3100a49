import { Button, Menu, MenuItem, PopoverNext } from '@blueprintjs/core';
import { CaretDown } from '@blueprintjs/icons';
import type { KeyboardEvent } from 'react';
import { clippingMarks, lookupTable, type LookupTableName, lookupTableNames } from '../canvas/lookupTables.ts';
import { changeAppearance } from '../state/appearanceStore.ts';
import { useComposite } from '../state/compositeStore.ts';
import { strings } from '../strings.ts';

const text = strings.appearance;

/** The lookup table by name, with its colours; what has colours of its own has none, and the button says so. */
export function DisplayTableMenu({ current, colour }: { current: LookupTableName; colour: boolean }) {
  const composite = useComposite().on;
  const without = colour
    ? { text: text.ownColours, reason: text.onlyGrey }
    : composite
      ? { text: text.channelColours, reason: text.notComposite }
      : null;
  return (
    <PopoverNext
      placement="bottom-start"
      arrow={false}
      animation="minimal"
      disabled={without !== null}
      onOpened={(popover) => popover.querySelector<HTMLElement>('[aria-current="true"]')?.focus()}
      content={
        <Menu className="table-menu" aria-label={text.table} onKeyDown={moveFocus}>
          {lookupTableNames.map((name) => (
            <MenuItem
              key={name}
              active={name === current}
              aria-current={name === current}
              icon={<Swatch table={name} />}
              text={text.tables[name]}
              label={clippingMarks[name] ? text.marks : ''}
              data-testid={`table-${name}`}
              onClick={() => changeAppearance({ table: name })}
            />
          ))}
        </Menu>
      }
    >
      <Button
        className="table-button"
        size="small"
        variant="outlined"
        fill
        alignText="start"
        disabled={without !== null}
        icon={without ? null : <Swatch table={current} />}
        endIcon={without ? null : <CaretDown />}
        text={without?.text ?? text.tables[current]}
        title={without?.reason ?? text.table}
        aria-label={`${text.table}: ${without?.reason ?? text.tables[current]}`}
        data-testid="lookup-table"
        data-table={current}
      />
    </PopoverNext>
  );
}

/** Arrow keys go from table to table, Home and End to the first and last. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const targets: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  const target = targets[event.key];
  if (target === undefined) return;
  event.preventDefault();
  items.at(target % items.length)?.focus();
}

function Swatch({ table }: { table: LookupTableName }) {
  return <span className="table-swatch" style={{ backgroundImage: gradientOf(table) }} aria-hidden="true" />;
}

/** Width of a mark at either end of a swatch, per cent. */
const markWidth = 12;

function gradientOf(name: LookupTableName): string {
  const table = lookupTable(name);
  const stops = Array.from({ length: 18 }, (_, i) => `rgb(${table.subarray(i * 45, i * 45 + 3).join()})`);
  const marks = clippingMarks[name];
  if (!marks) return `linear-gradient(to right, ${stops.join()})`;
  const [left, right] = [`${markWidth}%`, `${100 - markWidth}%`];
  const [low, high] = [`rgb(${marks.low.join()})`, `rgb(${marks.high.join()})`];
  const ends = [`${stops[0]} ${left}`, `${stops.at(-1)} ${right}`];
  return `linear-gradient(to right, ${low} ${left}, ${ends.join()}, ${high} ${right})`;
}
