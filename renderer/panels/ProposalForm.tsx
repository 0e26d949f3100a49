import { Button, HTMLSelect, Menu, MenuItem, PopoverNext } from '@blueprintjs/core';
import { CaretDown, Clean, Duplicate } from '@blueprintjs/icons';
import type { AutomaticPreset } from '../../electron/service/api/proposals.ts';
import { CommandButton } from '../app/CommandButton.tsx';
import { useProject } from '../state/projectStore.ts';
import {
  imagesInScope,
  type ProposalScope,
  proposingRefused,
  similarRefused,
  tileSides,
  useProposals,
} from '../state/proposalStore.ts';
import { strings } from '../strings.ts';
import { PresetPicture } from './PresetPicture.tsx';

const text = strings.proposals;

/** What to propose, as what, where; or more of what is there. */
export function ProposalForm() {
  const classes = useProject((state) => state.records.classes);
  const classId = useProject((state) => state.classId);
  const selected = useProject((state) => state.selection.length);
  const open = useProject((state) => imagesInScope(state, 'open').length);
  const scope = useProposals((state) => state.scope);
  return (
    <div className="propose-form">
      <PresetMenu />
      <div className="propose-where">
        <HTMLSelect
          fill
          aria-label={text.asClass}
          title={text.asClass}
          data-testid="propose-class"
          value={classId ?? ''}
          onChange={(event) => {
            useProject.setState({ classId: Number(event.target.value) });
            event.target.blur();
          }}
        >
          {classes.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </HTMLSelect>
        <HTMLSelect
          fill
          aria-label={text.scope}
          title={text.scope}
          data-testid="propose-scope"
          value={scope}
          onChange={(event) => {
            useProposals.setState({ scope: event.target.value as ProposalScope });
            event.target.blur();
          }}
        >
          <option value="image">{text.scopes.image}</option>
          <option value="open">{text.scopeOpen(open)}</option>
        </HTMLSelect>
        <TileSide />
      </div>
      <div className="propose-buttons">
        <CommandButton
          command="propose"
          tipPlacement="top"
          intent="primary"
          variant="solid"
          fill
          icon={<Clean />}
          text={strings.commands.titles.propose}
        />
        <CommandButton
          command="propose-similar"
          tipPlacement="top"
          variant="outlined"
          fill
          icon={<Duplicate />}
          text={selected > 0 ? text.similarSelected(selected) : strings.commands.titles['propose-similar']}
        />
      </div>
      <Refusal />
    </div>
  );
}

/** At which scale the model looks: small things vanish where a large image is seen at once. */
function TileSide() {
  const tilePx = useProposals((state) => state.tilePx);
  return (
    <HTMLSelect
      className="propose-scale"
      fill
      aria-label={text.scale}
      title={text.scaleLong}
      data-testid="propose-scale"
      value={tilePx ?? ''}
      onChange={(event) => {
        const { value } = event.target;
        useProposals.setState({ tilePx: value === '' ? null : Number(value) });
        event.target.blur();
      }}
    >
      <option value="">{text.scaleWhole}</option>
      {tileSides.map((side) => (
        <option key={side} value={side}>
          {text.scaleTiles(side)}
        </option>
      ))}
    </HTMLSelect>
  );
}

/** Why a button can't be pressed. */
function Refusal() {
  const project = useProject();
  const proposals = useProposals();
  const refusal = proposingRefused(project, proposals) ?? similarRefused(project, proposals);
  if (!refusal || refusal === 'running') return null;
  return (
    <p className="muted propose-refusal" data-testid="propose-refusal" data-refusal={refusal}>
      {text.refusals[refusal]}
    </p>
  );
}

const presets = Object.keys(text.presets) as AutomaticPreset[];

/** The preset with its picture and purpose; the others are a click away. */
function PresetMenu() {
  const current = useProposals((state) => state.preset);
  return (
    <PopoverNext
      placement="bottom-start"
      arrow={false}
      animation="minimal"
      matchTargetWidth={false}
      content={
        <Menu className="preset-menu">
          {presets.map((preset) => (
            <MenuItem
              key={preset}
              multiline
              active={preset === current}
              icon={<PresetPicture preset={preset} />}
              text={<PresetText preset={preset} />}
              data-testid={`preset-${preset}`}
              onClick={() => useProposals.setState({ preset })}
            />
          ))}
        </Menu>
      }
    >
      <Button
        className="preset"
        fill
        alignText="start"
        variant="outlined"
        icon={<PresetPicture preset={current} />}
        endIcon={<CaretDown />}
        text={<PresetText preset={current} />}
        aria-label={`${text.preset}: ${text.presets[current].name}`}
        data-testid="preset"
        data-preset={current}
      />
    </PopoverNext>
  );
}

function PresetText({ preset }: { preset: AutomaticPreset }) {
  const { name, purpose } = text.presets[preset];
  return (
    <span className="preset-text">
      <strong>{name}</strong>
      <small>{purpose}</small>
    </span>
  );
}
