/** `[Section]` and `key=value` lines, as Thermo/FEI, Tescan and Hitachi write them; keys before a section are in ''. */
export class Ini {
  readonly #sections = new Map<string, Map<string, string>>();

  constructor(text: string) {
    let section = this.#section('');
    for (const line of text.split(/\r\n|\r|\n/)) {
      const name = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
      if (name !== undefined) section = this.#section(name);
      else {
        const at = line.indexOf('=');
        if (at > 0) section.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
      }
    }
  }

  has(section: string): boolean {
    return this.#sections.has(section);
  }

  /** '' for what is not there. */
  text(section: string, key: string): string {
    return this.#sections.get(section)?.get(key) ?? '';
  }

  /** NaN for what is not there or no number. */
  number(section: string, key: string): number {
    const text = this.text(section, key);
    return text === '' ? Number.NaN : Number(text.replace(',', '.'));
  }

  #section(name: string): Map<string, string> {
    const held = this.#sections.get(name);
    if (held) return held;
    const section = new Map<string, string>();
    this.#sections.set(name, section);
    return section;
  }
}
