import { Button, InputGroup } from '@blueprintjs/core';
import { Cross, Search } from '@blueprintjs/icons';
import type { KeyboardEvent } from 'react';
import { selectImage } from '../actions/images.ts';
import { Keys } from '../app/CommandButton.tsx';
import { isMac } from '../app/useKeyboard.ts';
import { chordOf, commandForChord } from '../keyboard.ts';
import { listedImages, useImageList, wholeList } from '../state/imageList.ts';
import { useProject } from '../state/projectStore.ts';
import { imageSearch } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { ImageListMenu } from './ImageListMenu.tsx';

const text = strings.imageList;

/** Which images the list shows. */
export function ImageListTools() {
  const searched = useImageList((listing) => listing.text);
  return (
    <div className="image-tools">
      <InputGroup
        inputRef={imageSearch}
        size="small"
        fill
        type="search"
        leftElement={<Search size={12} />}
        rightElement={
          searched === '' ? (
            <span className="image-search-key">
              <Keys command="find-image" first />
            </span>
          ) : (
            <Button
              size="small"
              variant="minimal"
              icon={<Cross />}
              aria-label={text.clearSearch}
              title={text.clearSearch}
              data-testid="image-search-clear"
              onClick={() => {
                useImageList.setState({ text: '' });
                imageSearch.current?.focus();
              }}
            />
          )
        }
        placeholder={text.search}
        aria-label={text.search}
        data-testid="image-search"
        spellCheck={false}
        value={searched}
        onValueChange={(next) => useImageList.setState({ text: next })}
        onKeyDown={onSearchKey}
      />
      <ImageListMenu />
    </div>
  );
}

/** Escape gives up the search, Enter shows what was found; either way the keys mean the micrograph again. */
function onSearchKey(event: KeyboardEvent<HTMLInputElement>): void {
  if (event.nativeEvent.isComposing) return;
  const chord = chordOf(event, isMac);
  if (chord === 'Escape') useImageList.setState({ text: '' });
  else if (chord === 'Enter') showFound();
  else {
    // The page's key handler leaves a field's keys alone, and the browser has a search of its own.
    if (chord === null || commandForChord(chord, false) !== 'find-image') return;
    event.preventDefault();
    event.currentTarget.select();
    return;
  }
  event.preventDefault();
  event.currentTarget.blur();
}

/** The first image in the list, unless the one on screen is in it. */
function showFound(): void {
  const { images, imageId } = useProject.getState().records;
  const listed = listedImages(images, useImageList.getState());
  const first = listed[0];
  if (first && !listed.some(({ id }) => id === imageId)) selectImage(first.id);
}

/** Nothing of the project is shown. */
export function NothingListed() {
  return (
    <div className="panel-empty image-list-empty" data-testid="image-list-empty">
      <span className="muted">{text.none}</span>
      <Button
        size="small"
        text={text.clear}
        data-testid="image-list-clear"
        onClick={() => useImageList.setState({ ...wholeList, sort: useImageList.getState().sort })}
      />
    </div>
  );
}
