import { Button, FormGroup, HTMLSelect, InputGroup } from '@blueprintjs/core';
import { Upload } from '@blueprintjs/icons';
import { useRef, useState } from 'react';
import type { ModelPrecision } from '../../electron/service/api/models.ts';
import { addModel, addModelFiles, browseForModel } from '../actions/models.ts';
import { reportFailure } from '../app/notify.tsx';
import { host } from '../client/host.ts';
import { useModels } from '../state/modelStore.ts';
import { strings } from '../strings.ts';

const text = strings.models;
const orNull = (value: string) => (value.trim() === '' ? null : value.trim());

/** By a path on the service's computer, or by files of the browser's. */
export function AddModelForm() {
  const [path, setPath] = useState('');
  const [name, setName] = useState('');
  const [config, setConfig] = useState('');
  const precision = useModels((state) => state.precision);
  const input = useRef<HTMLInputElement>(null);
  const clear = () => {
    setPath('');
    setName('');
    setConfig('');
  };
  return (
    <form
      className="model-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (path.trim() === '') return;
        clear();
        void addModel({ path: path.trim(), upload: null, name: orNull(name), precision, configPath: orNull(config) });
      }}
    >
      <div className="path-field">
        <InputGroup
          fill
          placeholder={text.pathPlaceholder}
          aria-label={text.path}
          title={text.path}
          spellCheck={false}
          value={path}
          onValueChange={setPath}
          data-testid="model-path"
          {...(host
            ? {
                rightElement: (
                  <Button
                    text={text.browse}
                    onClick={() => void browseForModel().then((chosen) => chosen && setPath(chosen))}
                  />
                ),
              }
            : {})}
        />
        <Button
          type="submit"
          intent="primary"
          text={text.addButton}
          disabled={path.trim() === ''}
          data-testid="model-add"
        />
        {!host && (
          <>
            <Button icon={<Upload />} text={text.upload} onClick={() => input.current?.click()} />
            <input
              ref={input}
              type="file"
              multiple
              hidden
              accept=".pt,.pth,.safetensors,.onnx,.data,.onnx_data,.json"
              data-testid="model-upload"
              onChange={(event) => {
                const files = Array.from(event.target.files ?? []);
                event.target.value = '';
                const wanted = orNull(name);
                clear();
                addModelFiles(files, wanted).catch(reportFailure);
              }}
            />
          </>
        )}
      </div>
      <div className="model-options">
        <FormGroup label={text.name} labelFor="model-name">
          <InputGroup
            id="model-name"
            placeholder={text.namePlaceholder}
            spellCheck={false}
            value={name}
            onValueChange={setName}
            data-testid="model-name"
          />
        </FormGroup>
        <FormGroup label={text.precision} labelFor="model-precision">
          <HTMLSelect
            id="model-precision"
            value={precision}
            options={Object.entries(text.precisions).map(([value, label]) => ({ value, label }))}
            onChange={(event) => useModels.setState({ precision: event.target.value as ModelPrecision })}
            data-testid="model-precision"
          />
        </FormGroup>
        <FormGroup label={text.config} labelFor="model-config" className="model-config">
          <InputGroup
            id="model-config"
            placeholder={text.configPlaceholder}
            spellCheck={false}
            value={config}
            onValueChange={setConfig}
            data-testid="model-config"
          />
        </FormGroup>
      </div>
    </form>
  );
}
