import '@blueprintjs/core/lib/css/blueprint.css';
import './app/app.css';
import { BlueprintProvider } from '@blueprintjs/core';
import { createRoot } from 'react-dom/client';
import { start } from './actions/projects.ts';
import { App } from './app/App.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <BlueprintProvider>
    <App />
  </BlueprintProvider>,
);
void start();
