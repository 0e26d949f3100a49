import { Button, Tag } from '@blueprintjs/core';
import { Download } from '@blueprintjs/icons';
import type { CatalogueView } from '../../electron/service/api/models.ts';
import { downloadModel } from '../actions/models.ts';
import { strings } from '../strings.ts';

const text = strings.models;

/** Checkpoints that can be downloaded, and where to get them by hand. */
export function ModelCatalogue({ catalogue }: { catalogue: readonly CatalogueView[] }) {
  if (catalogue.length === 0) return <p className="muted">{text.catalogueEmpty}</p>;
  return (
    <ul className="model-list">
      {catalogue.map((entry) => (
        <Entry key={entry.name} entry={entry} />
      ))}
    </ul>
  );
}

function Entry({ entry }: { entry: CatalogueView }) {
  const { name, title, goodFor, address, bytes, verified, licence, reference, path, added } = entry;
  return (
    <li className="model-row" data-testid="catalogue-row" data-model={name}>
      <div className="model-facts">
        <div className="model-name">
          <strong>{title}</strong>
          <span className="muted">{bytes === null ? text.unknownSize : text.size(bytes)}</span>
          {!verified && (
            <Tag minimal intent="warning" title={text.unverifiedLong}>
              {text.unverified}
            </Tag>
          )}
        </div>
        <div className="muted">{goodFor}</div>
        <details>
          <summary>{text.details}</summary>
          <dl className="facts">
            {[
              [text.address, address],
              [text.place, path],
              [text.licence, licence],
              [text.reference, reference],
            ].map(([term, value]) => (
              <div key={term}>
                <dt>{term}</dt>
                <dd className="notice-path">{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      </div>
      <div className="model-actions">
        <Button
          size="small"
          icon={<Download />}
          text={added ? text.downloaded : text.download}
          disabled={added}
          aria-label={text.downloadLong(title)}
          data-testid="catalogue-download"
          onClick={() => void downloadModel(name)}
        />
      </div>
    </li>
  );
}
