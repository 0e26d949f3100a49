export interface XmlTag {
  /** Without its namespace's prefix. */
  name: string;
  attributes: ReadonlyMap<string, string>;
  /** Text directly after the tag, up to the next one. */
  text: string;
}

const startTag =
  /<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*')){0,100})\s*\/?>([^<]*)/g;
const attribute = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * The start tags of an XML text in order: all that the metadata of micrographs needs. Neither declarations nor external
 * entities are looked at, so no text can grow; O(n) also for what is no XML. Tags of more than 100 attributes are none (the expression's stack).
 */
export function* xmlTags(xml: string): Generator<XmlTag> {
  for (const [, name, attributes, text] of xml.matchAll(startTag)) {
    yield {
      name: name!,
      attributes: new Map(
        [...attributes!.matchAll(attribute)].map(([, key, double, single]) => [
          key!,
          plainText(double ?? single ?? ''),
        ]),
      ),
      text: plainText(text!).trim(),
    };
  }
}

function plainText(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w{2,4}));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name as string] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
