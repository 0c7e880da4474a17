/**
 * Floor: the start of a process that does nothing.
 *
 * @module
 */
export {};
