import { createRef } from 'react';
import { create } from 'zustand';
import type { CanvasTool, MicrographCanvasHandle, PointerReading } from '../canvas/contract.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';

/** How the page looks at the moment; nothing of it belongs to the project. */
export interface ViewState {
  tool: CanvasTool;
  theme: ThemeChoice;
  dark: boolean;
  /** 0..1 */
  maskOpacity: number;
  objectsShown: boolean;
  proposalsShown: boolean;
  /** Whether small things are prompted on a close-up of their own; null: where the device is quick enough. */
  closeUps: boolean | null;
  /** Whether a resting pointer shows what a click would give. */
  hoverPreview: boolean;
  scale: number;
  pointer: PointerReading | null;
  /** Samples of the pixel under the pointer. */
  pixel: number[] | null;
  dialog: 'open' | 'export' | 'models' | 'settings' | 'shortcuts' | 'about' | 'pixel-size' | 'model-input' | null;
}

/** The field in which images are looked for. */
export const imageSearch = createRef<HTMLInputElement>();

const themeKey = 'lamella.theme';

function storedTheme(): ThemeChoice {
  const stored = localStorage.getItem(themeKey);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

const closeUpsKey = 'lamella.closeUps';

function storedCloseUps(): boolean | null {
  const stored = localStorage.getItem(closeUpsKey);
  return stored === 'on' ? true : stored === 'off' ? false : null;
}

/** Automatic, then never, then always. */
export function stepCloseUps(): void {
  const { closeUps } = useView.getState();
  const next = closeUps === null ? false : closeUps ? null : true;
  if (next === null) localStorage.removeItem(closeUpsKey);
  else localStorage.setItem(closeUpsKey, next ? 'on' : 'off');
  useView.setState({ closeUps: next });
}

export function setHoverPreview(on: boolean): void {
  localStorage.setItem('lamella.hoverPreview', on ? 'on' : 'off');
  useView.setState({ hoverPreview: on });
}

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const isDark = (theme: ThemeChoice) => (theme === 'system' ? systemDark.matches : theme === 'dark');

export const useView = create<ViewState>()(() => ({
  tool: 'prompt',
  theme: storedTheme(),
  dark: isDark(storedTheme()),
  maskOpacity: 0.4,
  objectsShown: true,
  proposalsShown: true,
  closeUps: storedCloseUps(),
  hoverPreview: localStorage.getItem('lamella.hoverPreview') === 'on',
  scale: 1,
  pointer: null,
  pixel: null,
  dialog: null,
}));

export function setTheme(theme: ThemeChoice): void {
  localStorage.setItem(themeKey, theme);
  useView.setState({ theme, dark: isDark(theme) });
}

systemDark.addEventListener('change', () => useView.setState(({ theme }) => ({ dark: isDark(theme) })));

/** The canvas on screen, for commands; set by the pane that shows it. */
export const canvasHandle: { current: MicrographCanvasHandle | null } = { current: null };
