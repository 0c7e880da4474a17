/**
 * The URL under which a module of a model is loaded: `blob:`, or `data:` in a compiled program,
 * where Deno 2.6 cannot import a blob.
 *
 * Stack traces show only the two ends of a long `data:` URL. So each ends with a mark of its own.
 *
 * @module
 */

const IS_COMPILED = Deno.build.standalone;
const DATA_URL = "data:text/javascript;base64,";
/** How much of a URL's end a stack trace shows; in base64 this is what 15 bytes become. */
const SHOWN_END = 20;

/** All leave the global object before a model runs. */
const createUrl = URL.createObjectURL.bind(URL);
const revokeUrl = URL.revokeObjectURL.bind(URL);

/** Makes a URL that can be imported. */
export function moduleUrl(code: string): string {
  return IS_COMPILED ? dataUrl(code) : createUrl(new Blob([code], { type: "text/javascript" }));
}

/** Lets go of a URL's module once it is loaded. */
export function revokeModuleUrl(url: string): void {
  if (!url.startsWith(DATA_URL)) revokeUrl(url);
}

/** What is the same in a URL and in what a stack trace shows of it. */
export function placeOf(url: string): string {
  return url.startsWith(DATA_URL) ? url.slice(-SHOWN_END) : url;
}

/** Filled up to groups of three bytes, so that the mark stands in characters of its own. */
function dataUrl(code: string): string {
  const mark = `//${crypto.randomUUID().replaceAll("-", "").slice(0, 13)}`;
  const body = new TextEncoder().encode(`${code}\n`);
  const padding = " ".repeat((3 - body.length % 3) % 3);
  return DATA_URL + new TextEncoder().encode(`${code}\n${padding}${mark}`).toBase64();
}
