import { Button, Callout } from '@blueprintjs/core';
import { Cross } from '@blueprintjs/icons';
import { useState } from 'react';
import type { Notice } from '../../electron/service/api/contract.ts';
import { CanvasPane } from '../panels/CanvasPane.tsx';
import { ClassList } from '../panels/ClassList.tsx';
import { DisplayPanel } from '../panels/DisplayPanel.tsx';
import { ImageList } from '../panels/ImageList.tsx';
import { ObjectDetails } from '../panels/ObjectDetails.tsx';
import { ObjectTabs } from '../panels/ObjectTabs.tsx';
import { PlaneBar } from '../panels/PlaneBar.tsx';
import { StatusBar } from '../panels/StatusBar.tsx';
import { Strip } from '../panels/Strip.tsx';
import { Toolbar } from '../panels/Toolbar.tsx';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { NoticeText } from './notify.tsx';

/** An open project: images left, the micrograph with its candidates in the middle, objects right. */
export function Workbench() {
  return (
    <div className="workbench">
      <Toolbar />
      <aside className="pane pane-left">
        <ImageList />
      </aside>
      <main className="centre">
        <Banners />
        <PlaneBar />
        <CanvasPane />
        <Strip />
      </main>
      <aside className="pane pane-right">
        <DisplayPanel />
        <ClassList />
        <ObjectTabs />
        <ObjectDetails />
      </aside>
      <StatusBar />
    </div>
  );
}

/** What the user should know of the whole project, until it is closed; notices go when they have been read. */
function Banners() {
  const project = useProject((state) => state.project);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  if (!project) return null;
  const keyOf = ({ message }: Notice) => `${project.id} ${message}`;
  return (
    <div className="banners">
      {!project.writable && (
        <Callout compact intent="warning" title={strings.project.readOnlyTitle} data-testid="read-only">
          {strings.project.readOnly}
        </Callout>
      )}
      {project.notices
        .filter((notice) => !hidden.has(keyOf(notice)))
        .map((notice) => (
          <Callout
            key={notice.message}
            compact
            intent={notice.level === 'error' ? 'danger' : notice.level === 'warning' ? 'warning' : 'primary'}
            data-testid="project-notice"
          >
            <NoticeText notice={notice} />
            <Button
              variant="minimal"
              size="small"
              icon={<Cross />}
              aria-label={strings.project.hideNotice}
              title={strings.project.hideNotice}
              onClick={() => setHidden(new Set(hidden).add(keyOf(notice)))}
            />
          </Callout>
        ))}
    </div>
  );
}
