/**
 * A limit that is bound to a statement which runs often.
 *
 * SQLite plans by the value of a bare `LIMIT ?`, and so prepares the statement anew whenever one is bound: that takes
 * longer than a page of ten rows takes to be read. An expression it does not look into.
 *
 * @module
 */

/** See the module's comment. */
export const BOUND_LIMIT = "LIMIT +?";
