import { Button, Tag } from '@blueprintjs/core';
import { Trash } from '@blueprintjs/icons';
import { useState } from 'react';
import type { ModelView } from '../../electron/service/api/models.ts';
import { chooseModel, removeModel, verifyModel } from '../actions/models.ts';
import { strings } from '../strings.ts';

const text = strings.models;

export function ModelList({ models }: { models: readonly ModelView[] }) {
  return (
    <ul className="model-list">
      {models.map((model) => (
        <ModelRow key={model.name} model={model} />
      ))}
    </ul>
  );
}

function ModelRow({ model }: { model: ModelView }) {
  const { name, architecture, inputSize, precision, bytes, licence, origin, chosen } = model;
  return (
    <li className="model-row" data-testid="model-row" data-model={name} data-chosen={chosen}>
      <div className="model-facts">
        <div className="model-name">
          <strong title={model.folder}>{name}</strong>
          {chosen && (
            <Tag minimal intent="success" data-testid="model-in-use">
              {text.inUse}
            </Tag>
          )}
          <Tag minimal>{text.origins[origin]}</Tag>
        </div>
        <div className="muted">
          {text.facts(architecture, inputSize, precision, bytes)} · {licence}
        </div>
      </div>
      <div className="model-actions">
        {!chosen && (
          <Button
            size="small"
            intent="primary"
            text={text.use}
            aria-label={text.forPrompts(name)}
            data-testid="model-use"
            onClick={() => void chooseModel(name)}
          />
        )}
        <Button
          size="small"
          text={text.verify}
          aria-label={text.verifyLong(name)}
          title={text.verifyLong(name)}
          data-testid="model-verify"
          onClick={() => void verifyModel(name)}
        />
        {model.removable && <RemoveButton name={name} inUse={chosen} />}
      </div>
    </li>
  );
}

/** Asks once more before files are deleted. */
export function RemoveButton({ name, inUse = false }: { name: string; inUse?: boolean }) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <Button
        size="small"
        variant="minimal"
        icon={<Trash />}
        disabled={inUse}
        aria-label={text.removeLong(name)}
        title={inUse ? text.removeInUse : text.removeLong(name)}
        data-testid="model-remove"
        onClick={() => setAsking(true)}
      />
    );
  }
  return (
    <span className="model-actions" role="alert">
      <span>{text.removeSure}</span>
      <Button
        size="small"
        intent="danger"
        text={text.remove}
        data-testid="model-remove-sure"
        onClick={() => {
          setAsking(false);
          void removeModel(name);
        }}
      />
      <Button size="small" text={strings.actions.cancel} onClick={() => setAsking(false)} />
    </span>
  );
}
