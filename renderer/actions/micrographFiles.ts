/** Endings of the files that the service reads. */
const endings = ['tif', 'tiff', 'png', 'jpg', 'jpeg', 'bmp', 'webp', 'dm3', 'dm4', 'mrc', 'nrrd'] as const;

/** For the file field of the page. */
export const acceptedFiles = endings.map((ending) => `.${ending}`).join();

export function isMicrographFile(name: string): boolean {
  const ending = name.split('.').at(-1)!.toLowerCase();
  return name.includes('.') && (endings as readonly string[]).includes(ending);
}
