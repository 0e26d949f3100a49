import { Button, FormGroup, HTMLSelect, PopoverNext, Radio, RadioGroup } from '@blueprintjs/core';
import { Filter, FilterList } from '@blueprintjs/icons';
import { useId } from 'react';
import {
  type ImageGroup,
  imageFilters,
  imageGroups,
  imagesByFilter,
  imageSorts,
  useImageList,
} from '../state/imageList.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';

const text = strings.imageList;

/** By state and group, and in which order. What is in force stands on the button. */
export function ImageListMenu() {
  const { filter, group } = useImageList();
  const chosen = [filter === 'any' ? [] : text.filters[filter], group === null ? [] : text.groupName(group)].flat();
  const filtered = chosen.length > 0;
  const shown = chosen.join(', ');
  const label = filtered ? text.filtered(shown) : text.menu;
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
        text={filtered ? shown : undefined}
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
  const groups = useProject((state) => imageGroups(state.records.images));
  const sorts = imageSorts.filter((one) => one !== 'group' || groups.length > 1 || sort === 'group');
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
      {groups.length > 1 && <GroupFilter groups={groups} />}
      <RadioGroup
        label={text.sort}
        selectedValue={sort}
        onChange={({ currentTarget: { value } }) =>
          useImageList.setState({ sort: imageSorts.find((known) => known === value) ?? 'name' })
        }
      >
        {sorts.map((value) => (
          <Radio key={value} value={value} label={text.sorts[value]} data-testid={`image-sort-${value}`} />
        ))}
      </RadioGroup>
    </div>
  );
}

/** The value of no group: no folder is called so. */
const allGroups = '/';

function GroupFilter({ groups }: { groups: readonly ImageGroup[] }) {
  const chosen = useImageList((listing) => listing.group);
  const id = useId();
  return (
    <FormGroup label={text.group} labelFor={id}>
      <HTMLSelect
        id={id}
        fill
        value={chosen ?? allGroups}
        data-testid="image-group"
        onChange={({ currentTarget: { value } }) =>
          useImageList.setState({ group: value === allGroups ? null : value })
        }
      >
        <option value={allGroups}>{text.groups}</option>
        {groups.map(({ group, count }) => (
          <option key={group} value={group}>
            {text.ofGroup(text.groupName(group), text.images(count))}
          </option>
        ))}
      </HTMLSelect>
    </FormGroup>
  );
}
