/**
 * The names on the global object that a model may use. Everything else goes, whatever a later
 * Deno may add: a new global is closed until somebody writes it here.
 *
 * Left out of the language itself: `eval` and `Function` make code of text, `WebAssembly` too;
 * `SharedArrayBuffer` and `Atomics` are fine clocks and can block a thread.
 *
 * @module
 */

/** The language. */
export const LANGUAGE_GLOBALS: readonly string[] = [
  "Object",
  "Array",
  "Number",
  "Boolean",
  "String",
  "Symbol",
  "BigInt",
  "Date",
  "RegExp",
  "Math",
  "JSON",
  "Reflect",
  "Proxy",
  "Promise",
  "Iterator",
  "AsyncIterator",
  "Intl",
  "Temporal",
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "FinalizationRegistry",
  "ArrayBuffer",
  "DataView",
  "Uint8Array",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "BigUint64Array",
  "BigInt64Array",
  "Uint8ClampedArray",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "Error",
  "AggregateError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
  "SuppressedError",
  "DisposableStack",
  "AsyncDisposableStack",
  "Infinity",
  "NaN",
  "undefined",
  "globalThis",
  "isFinite",
  "isNaN",
  "parseFloat",
  "parseInt",
  "decodeURI",
  "decodeURIComponent",
  "encodeURI",
  "encodeURIComponent",
  "escape",
  "unescape",
];

/** What the web adds that needs no permission and reaches nothing. */
export const WEB_GLOBALS: readonly string[] = [
  "AbortController",
  "AbortSignal",
  "Event",
  "EventTarget",
  "CustomEvent",
  "DOMException",
  "Blob",
  "File",
  "URL",
  "URLSearchParams",
  "structuredClone",
  "queueMicrotask",
  "performance",
  "crypto",
  "TextEncoder",
  "TextDecoder",
  "atob",
  "btoa",
  "Headers",
];

/** Slow to load, so there only for a model whose text names them. */
export const LAZY_GLOBALS: readonly string[] = [
  "FormData",
  "URLPattern",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "CompressionStream",
  "DecompressionStream",
  "TextDecoderStream",
  "TextEncoderStream",
];

/** The same (Deno 2.9 loads Node's, 14 ms); they take functions only, where Deno's evaluate a text. */
export const TIMER_GLOBALS: readonly string[] = [
  "setTimeout",
  "setInterval",
  "clearTimeout",
  "clearInterval",
];
