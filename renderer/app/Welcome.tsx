import { Button, Card, Icon } from '@blueprintjs/core';
import { Cog, Document, FolderOpen, Lightbulb, PredictiveAnalysis, Upload } from '@blueprintjs/icons';
import { openPaths } from '../actions/projects.ts';
import { host } from '../client/host.ts';
import { runCommand } from '../commands.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { CommandButton } from './CommandButton.tsx';
import { PathField } from './PathField.tsx';
import { ThemeMenu } from './ThemeMenu.tsx';
import { UploadButton } from './UploadButton.tsx';

/** No project is open. */
export function Welcome() {
  const recent = useProject((state) => state.session?.recent ?? []);
  const text = strings.welcome;
  return (
    <main className="welcome" data-testid="welcome" aria-label={text.label}>
      <div className="welcome-theme">
        <CommandButton command="models" icon={<PredictiveAnalysis />} text={strings.models.title} />
        <CommandButton command="settings" icon={<Cog />} text={strings.settings.title} />
        <ThemeMenu />
      </div>
      <Card className="welcome-card" elevation={2}>
        <header>
          <h1>{strings.app.name}</h1>
          <p className="muted">{strings.app.claim}</p>
        </header>
        <div className="welcome-choices">
          <Button
            className="welcome-choice"
            data-testid="open-sample"
            intent="primary"
            onClick={() => runCommand('open-sample')}
          >
            <Choice icon={<Lightbulb size={20} />} title={text.sample} hint={text.sampleHint} />
          </Button>
          {host ? (
            <>
              <Button className="welcome-choice" data-testid="open-folder" onClick={() => runCommand('open-folder')}>
                <Choice icon={<FolderOpen size={20} />} title={text.folder} hint={text.folderHint} />
              </Button>
              <Button className="welcome-choice" data-testid="open-files" onClick={() => runCommand('open-files')}>
                <Choice icon={<Document size={20} />} title={text.files} hint={text.filesHint} />
              </Button>
            </>
          ) : (
            <UploadButton className="welcome-choice">
              <Choice icon={<Upload size={20} />} title={text.upload} hint={text.uploadHint} />
            </UploadButton>
          )}
        </div>
        {!host && (
          <section>
            <h2>{strings.open.path}</h2>
            <PathField large />
          </section>
        )}
        <p className="muted">{text.drop}</p>
        {recent.length > 0 && (
          <section>
            <h2>{text.recent}</h2>
            <ul className="recent">
              {recent.map(({ folder, name }) => (
                <li key={folder}>
                  <Button
                    variant="minimal"
                    fill
                    alignText="start"
                    icon={<Icon icon={<FolderOpen />} />}
                    data-testid="recent-project"
                    onClick={() => void openPaths([folder])}
                  >
                    <span className="recent-name">{name}</span>
                    <span className="recent-folder muted" title={folder}>
                      {folder}
                    </span>
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </Card>
    </main>
  );
}

function Choice({ icon, title, hint }: { icon: React.JSX.Element; title: string; hint: string }) {
  return (
    <span className="choice">
      {icon}
      <span>
        <strong>{title}</strong>
        <small>{hint}</small>
      </span>
    </span>
  );
}
