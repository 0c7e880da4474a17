/**
 * What Spoor uses of the `yaml` package, by name: the package is CommonJS, and a bundle knows its
 * names only where an import spells them out. Imported with `import()`, when a file needs it.
 *
 * @module
 */
export { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
