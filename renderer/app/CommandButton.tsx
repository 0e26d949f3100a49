import { Button, type ButtonProps, Tooltip } from '@blueprintjs/core';
import { runCommand, useCommandEnabled } from '../commands.ts';
import { type CommandId, commandOf, keyLabel } from '../keyboard.ts';
import { strings } from '../strings.ts';
import { isMac } from './useKeyboard.ts';

type CommandButtonProps = Pick<
  ButtonProps,
  'icon' | 'text' | 'active' | 'size' | 'variant' | 'intent' | 'fill' | 'className' | 'loading'
> & {
  command: CommandId;
  /** Where the tooltip appears: above, where what it says next is below. */
  tipPlacement?: 'top' | 'bottom';
};

/** A button of a command: name, key, hint and whether it would do anything come from the tables. */
export function CommandButton({
  command,
  variant = 'minimal',
  tipPlacement = 'bottom',
  ...button
}: CommandButtonProps) {
  const enabled = useCommandEnabled(command);
  return (
    <Tooltip content={<CommandTip command={command} />} hoverOpenDelay={500} compact placement={tipPlacement}>
      <Button
        {...button}
        variant={variant}
        disabled={!enabled}
        aria-label={strings.commands.titles[command]}
        aria-pressed={button.active}
        data-testid={command}
        onClick={() => runCommand(command)}
      />
    </Tooltip>
  );
}

function CommandTip({ command }: { command: CommandId }) {
  const hint = strings.commands.hints[command];
  return (
    <span className="command-tip">
      <span>
        {strings.commands.titles[command]} <Keys command={command} first />
      </span>
      {hint && <small>{hint}</small>}
    </span>
  );
}

/** The keys of a command, as caps. */
export function Keys({ command, first = false }: { command: CommandId; first?: boolean }) {
  const { keys } = commandOf(command);
  return (
    <>
      {(first ? keys.slice(0, 1) : keys).map((key) => (
        <kbd key={key}>{keyLabel(key, isMac)}</kbd>
      ))}
    </>
  );
}
