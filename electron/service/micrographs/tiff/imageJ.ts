/** Source: ij/io/TiffEncoder.java; the description is lines of `key=value` after `ImageJ=<version>`. */
export function isImageJ(description: string): boolean {
  return description.startsWith('ImageJ=');
}

/** Its keys come first, in a few hundred characters. */
const maxCharacters = 65_536;

/** Value of `key=value` in ImageJ's description, '' when absent. */
export function imageJValue(description: string, key: string): string {
  const line = description
    .slice(0, maxCharacters)
    .split(/\r?\n/)
    .find((text) => text.startsWith(`${key}=`));
  return line?.slice(key.length + 1) ?? '';
}

/** Number of images that ImageJ's description promises; null without one. */
export function imageJImages(description: string): number | null {
  if (!isImageJ(description)) return null;
  const count = Number(imageJValue(description, 'images'));
  return Number.isInteger(count) && count > 0 ? count : null;
}
