/**
 * How many columns a table of a model may have.
 *
 * @module
 */

/** SQLite's default limit is 2,000 columns; a row also needs Spoor's own. */
export const MAX_COLUMNS = 1_900;
