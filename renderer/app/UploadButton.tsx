import { Button, type ButtonProps } from '@blueprintjs/core';
import { useRef } from 'react';
import { acceptedFiles } from '../actions/micrographFiles.ts';
import { uploadFiles } from '../actions/projects.ts';
import { reportFailure } from './notify.tsx';

type UploadButtonProps = Pick<ButtonProps, 'text' | 'icon' | 'size' | 'variant' | 'className' | 'children' | 'fill'> & {
  onPicked?: () => void;
};

/** Picks files in a browser and copies them to the service. */
export function UploadButton({ onPicked, ...button }: UploadButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button {...button} data-testid="upload" onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={acceptedFiles}
        data-testid="upload-input"
        onChange={(event) => {
          const files = Array.from(event.target.files ?? []);
          event.target.value = '';
          onPicked?.();
          uploadFiles(files).catch(reportFailure);
        }}
      />
    </>
  );
}
