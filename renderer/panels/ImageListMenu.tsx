import { Button, PopoverNext, Radio, RadioGroup } from '@blueprintjs/core';
import { Filter, FilterList } from '@blueprintjs/icons';
import { imageFilters, imagesByFilter, imageSorts, useImageList } from '../state/imageList.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';

const text = strings.imageList;

/** By state, and in which order. The filter in force stands on the button. */
export function ImageListMenu() {
  const filter = useImageList((listing) => listing.filter);
  const filtered = filter !== 'any';
  const label = filtered ? text.filtered(text.filters[filter]) : text.menu;
  return (
    <PopoverNext
      placement="bottom-end"
      arrow={false}
      animation="minimal"
      onOpened={(popover) => popover.querySelector<HTMLElement>('input:checked')?.focus()}
      content={<MenuContent />}
    >
      <Button
        size="small"
        variant={filtered ? 'outlined' : 'minimal'}
        intent={filtered ? 'primary' : 'none'}
        icon={filtered ? <Filter size={14} /> : <FilterList size={14} />}
        text={filtered ? text.filters[filter] : undefined}
        ellipsizeText
        title={label}
        aria-label={label}
        data-testid="image-menu"
      />
    </PopoverNext>
  );
}

function MenuContent() {
  const { filter, sort } = useImageList();
  const counts = useProject((state) => imagesByFilter(state.records.images));
  return (
    <div className="image-menu">
      <RadioGroup
        label={text.filter}
        selectedValue={filter}
        onChange={({ currentTarget: { value } }) =>
          useImageList.setState({ filter: imageFilters.find((known) => known === value) ?? 'any' })
        }
      >
        {imageFilters.map((value) => (
          <Radio key={value} value={value} data-testid={`image-filter-${value}`}>
            {text.filters[value]} <span className="muted">{text.images(counts[value])}</span>
          </Radio>
        ))}
      </RadioGroup>
      <RadioGroup
        label={text.sort}
        selectedValue={sort}
        onChange={({ currentTarget: { value } }) =>
          useImageList.setState({ sort: imageSorts.find((known) => known === value) ?? 'name' })
        }
      >
        {imageSorts.map((value) => (
          <Radio key={value} value={value} label={text.sorts[value]} data-testid={`image-sort-${value}`} />
        ))}
      </RadioGroup>
    </div>
  );
}
