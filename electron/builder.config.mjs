// @ts-check
// Installers for Windows, Linux and macOS (`npm run package`), into release/.
// What native code reads by itself (onnxruntime's and sharp's libraries, the models) lies unpacked beside the archive.

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'org.lamella.workbench',
  productName: 'Lamella',
  artifactName: '${productName}-${version}-${os}-${arch}.${ext}',
  directories: { output: 'release', buildResources: 'assets/icons' },
  files: [
    'package.json',
    'LICENSE',
    'dist/**',
    '!dist/**/*.map',
    'native-models/embedded/**',
    'native-models/catalogue.json',
    'assets/icons/icon.png',
    'assets/samples/**',
    // Already inside the page's bundle.
    '!node_modules/{@blueprintjs,react,react-dom,react-konva,konva,zustand}/**',
    '!node_modules/onnxruntime-node/script/**',
  ],
  asar: true,
  asarUnpack: [
    'node_modules/onnxruntime-node/**',
    'node_modules/sharp/**',
    'node_modules/@img/**',
    'native-models/**',
    'assets/samples/**',
  ],
  // The native modules come as Node-API binaries that fit every runtime: nothing is compiled.
  npmRebuild: false,
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  win: { target: [{ target: 'nsis', arch: ['x64'] }], icon: 'assets/icons/icon.png' },
  nsis: {
    oneClick: false,
    perMachine: false,
    allowToChangeInstallationDirectory: true,
    deleteAppDataOnUninstall: false,
  },
  linux: {
    target: [
      { target: 'AppImage', arch: ['x64'] },
      { target: 'deb', arch: ['x64'] },
    ],
    icon: 'assets/icons/icon.png',
    category: 'Science',
    synopsis: 'Turns micrographs into annotated datasets, offline',
    maintainer: 'The Lamella authors <maintainers@lamella.invalid>',
  },
  mac: {
    target: [{ target: 'dmg', arch: ['arm64', 'x64'] }],
    icon: 'assets/icons/icon.png',
    category: 'public.app-category.graphics-design',
  },
  fileAssociations: [{ ext: 'lamella', name: 'Lamella project', role: 'Editor' }],
};
