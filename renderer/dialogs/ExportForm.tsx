import { Button, Checkbox, FormGroup, HTMLSelect, InputGroup, Radio, RadioGroup } from '@blueprintjs/core';
import type { ExportRequest } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import { host } from '../client/host.ts';
import { strings } from '../strings.ts';

const text = strings.exporting;

interface ExportFormProps {
  wanted: ExportRequest;
  onChange(wanted: ExportRequest): void;
}

export function ExportForm({ wanted, onChange }: ExportFormProps) {
  const { format, output, options } = wanted;
  const setOptions = (set: ExportRequest['options']) => onChange({ ...wanted, options: { ...options, ...set } });
  const browse = async () => {
    const folder = await host?.saveFolderDialog();
    if (folder) onChange({ ...wanted, output: folder });
  };
  return (
    <>
      <RadioGroup
        label={text.format}
        selectedValue={format}
        onChange={(event) => onChange({ ...wanted, format: event.currentTarget.value as ExportRequest['format'] })}
      >
        <Radio
          value="coco"
          data-testid="export-format-coco"
          labelElement={<Choice title={text.coco} hint={text.cocoHint} />}
        />
        <Radio
          value="labels"
          data-testid="export-format-labels"
          labelElement={<Choice title={text.labels} hint={text.labelsHint} />}
        />
      </RadioGroup>
      {format === 'coco' ? (
        <div className="export-options">
          <FormGroup label={text.segmentation} labelFor="export-segmentation">
            <HTMLSelect
              id="export-segmentation"
              fill
              value={options.segmentation ?? 'auto'}
              onChange={(event) => setOptions({ segmentation: event.target.value as 'auto' | 'polygon' | 'rle' })}
            >
              <option value="auto">{text.auto}</option>
              <option value="polygon">{text.polygon}</option>
              <option value="rle">{text.rle}</option>
            </HTMLSelect>
          </FormGroup>
          <Checkbox
            label={text.withImages}
            checked={options.images ?? false}
            onChange={(event) => setOptions({ images: event.currentTarget.checked })}
          />
        </div>
      ) : (
        <FormGroup label={text.container} labelFor="export-container" className="export-options">
          <HTMLSelect
            id="export-container"
            fill
            value={options.container ?? 'tiff'}
            onChange={(event) => setOptions({ container: event.target.value as 'tiff' | 'png' })}
          >
            <option value="tiff">{text.tiff}</option>
            <option value="png">{text.png}</option>
          </HTMLSelect>
        </FormGroup>
      )}
      <Checkbox
        labelElement={<Choice title={text.withoutDataBar} hint={text.withoutDataBarHint} />}
        checked={options.withoutDataBar ?? false}
        data-testid="export-without-data-bar"
        onChange={(event) => setOptions({ withoutDataBar: event.currentTarget.checked })}
      />
      {!host && (
        <RadioGroup
          inline
          label={text.where}
          selectedValue={output === null ? 'zip' : 'folder'}
          onChange={(event) => onChange({ ...wanted, output: event.currentTarget.value === 'zip' ? null : '' })}
        >
          <Radio value="folder" label={text.toFolder} />
          <Radio value="zip" label={text.zip} data-testid="export-zip" />
        </RadioGroup>
      )}
      {output !== null && (
        <FormGroup label={text.folder} labelFor="export-path" helperText={text.overwritten}>
          <InputGroup
            id="export-path"
            fill
            placeholder={text.folderPlaceholder}
            spellCheck={false}
            value={output}
            data-testid="export-path"
            onValueChange={(value) => onChange({ ...wanted, output: value })}
            {...(host
              ? { rightElement: <Button text={text.browse} onClick={() => void browse().catch(reportFailure)} /> }
              : {})}
          />
        </FormGroup>
      )}
    </>
  );
}

function Choice({ title, hint }: { title: string; hint: string }) {
  return (
    <span className="export-choice">
      {title} <span className="muted">{hint}</span>
    </span>
  );
}
