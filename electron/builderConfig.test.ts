import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import config from './builder.config.mjs';

const root = join(import.meta.dirname, '..');

describe('the installers’ configuration', () => {
  it('is one that electron-builder takes', async () => {
    const { validateConfiguration } = await import('app-builder-lib/out/util/config/config.js');
    const { DebugLogger } = await import('builder-util');
    await expect(validateConfiguration(config, new DebugLogger(false))).resolves.toBeUndefined();
  });

  it('closes every fuse that lets others run code in our name', () => {
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
    expect(config.asar).toBe(true);
  });

  it('builds installers for the three platforms, with the icon', () => {
    expect(config.win).toMatchObject({ target: [{ target: 'nsis' }] });
    expect(config.linux).toMatchObject({ target: [{ target: 'AppImage' }, { target: 'deb' }] });
    expect(config.mac).toMatchObject({ target: [{ target: 'dmg' }] });
    expect(existsSync(join(root, 'assets/icons/icon.png'))).toBe(true);
  });

  it('leaves outside the archive what native code opens by itself', () => {
    expect(config.asarUnpack).toEqual(
      expect.arrayContaining(['node_modules/onnxruntime-node/**', 'node_modules/@img/**', 'native-models/**']),
    );
  });
});
