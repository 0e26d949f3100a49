import { Button, ButtonGroup, Divider } from '@blueprintjs/core';
import {
  ArrowLeft,
  ArrowRight,
  Cog,
  Document,
  Export,
  EyeOpen,
  FolderOpen,
  Hand,
  Help,
  PredictiveAnalysis,
  Redo,
  Select,
  Tick,
  Undo,
  ZoomIn,
  ZoomOut,
  ZoomToFit,
} from '@blueprintjs/icons';
import { CommandButton } from '../app/CommandButton.tsx';
import { ThemeMenu } from '../app/ThemeMenu.tsx';
import { runCommand } from '../commands.ts';
import { currentImage, useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { PromptIcon } from './PromptIcon.tsx';
import { RulerIcon } from './RulerIcon.tsx';

export function Toolbar() {
  const tool = useView((state) => state.tool);
  const hoverPreview = useView((state) => state.hoverPreview);
  const project = useProject((state) => state.project);
  const done = useProject((state) => currentImage(state)?.state === 'done');
  return (
    <div className="toolbar" role="toolbar" aria-label={strings.app.toolbar}>
      <ButtonGroup>
        <CommandButton command="open-folder" icon={<FolderOpen />} />
        <CommandButton command="open-files" icon={<Document />} />
      </ButtonGroup>
      <Divider />
      <ButtonGroup>
        <CommandButton command="tool-prompt" icon={<PromptIcon />} active={tool === 'prompt'} />
        <CommandButton command="tool-select" icon={<Select />} active={tool === 'select'} />
        <CommandButton command="tool-pan" icon={<Hand />} active={tool === 'pan'} />
        <CommandButton command="tool-ruler" icon={<RulerIcon />} active={tool === 'ruler'} />
      </ButtonGroup>
      <CommandButton command="toggle-preview" icon={<EyeOpen />} active={hoverPreview} />
      <Divider />
      <ButtonGroup>
        <CommandButton command="undo" icon={<Undo />} />
        <CommandButton command="redo" icon={<Redo />} />
      </ButtonGroup>
      <Divider />
      <ButtonGroup>
        <CommandButton command="zoom-out" icon={<ZoomOut />} />
        <CommandButton command="zoom-in" icon={<ZoomIn />} />
        <CommandButton command="fit" icon={<ZoomToFit />} />
        <CommandButton command="actual-size" text="1:1" />
      </ButtonGroup>
      <div className="toolbar-title" title={project?.folder}>
        {project?.name}
      </div>
      <ButtonGroup>
        <CommandButton command="previous-image" icon={<ArrowLeft />} />
        <CommandButton command="next-image" icon={<ArrowRight />} />
      </ButtonGroup>
      <CommandButton
        command="toggle-done"
        icon={<Tick />}
        variant={done ? 'solid' : 'outlined'}
        intent={done ? 'success' : 'none'}
        active={done}
        text={done ? strings.images.unmarkDone : strings.images.markDone}
      />
      <CommandButton
        command="export"
        icon={<Export />}
        intent="primary"
        variant="solid"
        text={strings.exporting.start}
      />
      <Divider />
      <CommandButton command="models" icon={<PredictiveAnalysis />} />
      <CommandButton command="settings" icon={<Cog />} />
      <ThemeMenu />
      <Button
        variant="minimal"
        icon={<Help />}
        aria-label={strings.commands.titles.help}
        title={strings.commands.titles.help}
        data-testid="help"
        onClick={() => runCommand('help')}
      />
    </div>
  );
}
