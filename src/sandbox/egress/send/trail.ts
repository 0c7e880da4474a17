/**
 * How far a try of a request has come, redirect by redirect.
 *
 * @module
 */

/** See the module's comment. */
export interface Trail {
  /** Where it is, or was when it ended. */
  url: URL;
  /** A redirect has led there. */
  isRedirected: boolean;
  /** A write was answered by a redirect that does not say that nothing was done. */
  mayHaveActed: boolean;
  /** Its success was read, and the rest of what was to be sent is still waited for. */
  earlyStatus?: number;
}
