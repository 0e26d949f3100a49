import { Button, HTMLSelect, InputGroup } from '@blueprintjs/core';
import { Cross, Search } from '@blueprintjs/icons';
import { Keys } from '../app/CommandButton.tsx';
import { imageFilters, imageSorts, useImageList, wholeList } from '../state/imageList.ts';
import { canvasFrame, imageSearch } from '../state/viewStore.ts';
import { strings } from '../strings.ts';

const text = strings.imageList;

/** Which images the list shows. */
export function ImageListTools() {
  const listing = useImageList();
  return (
    <div className="image-tools">
      <InputGroup
        inputRef={imageSearch}
        size="small"
        fill
        type="search"
        leftElement={<Search size={12} />}
        rightElement={
          listing.text === '' ? (
            <span className="image-search-key">
              <Keys command="find-image" first />
            </span>
          ) : (
            <Button
              size="small"
              variant="minimal"
              icon={<Cross />}
              aria-label={text.clear}
              title={text.clear}
              onClick={() => useImageList.setState({ text: '' })}
            />
          )
        }
        placeholder={text.search}
        aria-label={text.search}
        data-testid="image-search"
        spellCheck={false}
        value={listing.text}
        onValueChange={(next) => useImageList.setState({ text: next })}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          useImageList.setState({ text: '' });
          event.currentTarget.blur();
          canvasFrame()?.focus();
        }}
      />
      <div className="image-tools-row">
        <HTMLSelect
          fill
          aria-label={text.filter}
          title={text.filter}
          data-testid="image-filter"
          value={listing.filter}
          options={imageFilters.map((value) => ({ value, label: text.filters[value] }))}
          onChange={({ currentTarget: { value } }) =>
            useImageList.setState({ filter: imageFilters.find((known) => known === value) ?? 'any' })
          }
        />
        <HTMLSelect
          fill
          aria-label={text.sort}
          title={text.sort}
          data-testid="image-sort"
          value={listing.sort}
          options={imageSorts.map((value) => ({ value, label: text.sorts[value] }))}
          onChange={({ currentTarget: { value } }) =>
            useImageList.setState({ sort: imageSorts.find((known) => known === value) ?? 'name' })
          }
        />
      </div>
    </div>
  );
}

/** Nothing of the project is shown. */
export function NothingListed() {
  return (
    <div className="panel-empty muted" data-testid="image-list-empty">
      <p>{text.none}</p>
      <Button
        size="small"
        text={text.clear}
        data-testid="image-list-clear"
        onClick={() => useImageList.setState({ ...wholeList, sort: useImageList.getState().sort })}
      />
    </div>
  );
}
