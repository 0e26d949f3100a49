import { Button, Menu, MenuItem, PopoverNext } from '@blueprintjs/core';
import { Desktop, Flash, Moon } from '@blueprintjs/icons';
import { setTheme, type ThemeChoice, useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';

const choices: { theme: ThemeChoice; icon: React.JSX.Element }[] = [
  { theme: 'system', icon: <Desktop /> },
  { theme: 'light', icon: <Flash /> },
  { theme: 'dark', icon: <Moon /> },
];

export function ThemeMenu() {
  const theme = useView((state) => state.theme);
  const dark = useView((state) => state.dark);
  return (
    <PopoverNext
      placement="bottom-end"
      arrow={false}
      animation="minimal"
      content={
        <Menu>
          {choices.map((choice) => (
            <MenuItem
              key={choice.theme}
              icon={choice.icon}
              text={strings.theme[choice.theme]}
              active={choice.theme === theme}
              data-testid={`theme-${choice.theme}`}
              onClick={() => setTheme(choice.theme)}
            />
          ))}
        </Menu>
      }
    >
      <Button
        variant="minimal"
        icon={dark ? <Moon /> : <Flash />}
        aria-label={strings.theme.label}
        title={strings.theme.label}
        data-testid="theme"
      />
    </PopoverNext>
  );
}
