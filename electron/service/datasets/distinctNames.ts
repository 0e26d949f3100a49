/**
 * Names for files of one folder, in the order of the names wanted: relative, with '/', and different from each other
 * also where a file system does not tell upper from lower case or composes accents. A name that is taken gets a number
 * before its ending ('a_2.png').
 */
export function distinctNames(wanted: readonly string[]): string[] {
  const names = wanted.map(belowFolder);
  const reserved = new Set(names.map(folded));
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 2; taken.has(folded(free)) || (free !== name && reserved.has(folded(free))); number++) {
      free = numbered(name, number);
    }
    taken.add(folded(free));
    return free;
  });
}

/** Name without its ending; folders before it stay. */
export function stemOf(name: string): string {
  return name.slice(0, endingAt(name));
}

/** What file systems of any platform take for the same name. */
export function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** A project's file may come from anybody: its names must not lead out of the export's folder. */
function belowFolder(name: string): string {
  const parts = name.split(/[\\/]/).filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.join('/') || 'image';
}

function numbered(name: string, number: number): string {
  const at = endingAt(name);
  return `${name.slice(0, at)}_${number}${name.slice(at)}`;
}

/** Where the ending with its dot begins; a dot at the beginning of a name is none. */
function endingAt(name: string): number {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? dot : name.length;
}
