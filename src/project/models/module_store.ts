/**
 * The TypeScript and JSON files of a project, each read and analysed once.
 *
 * @module
 */
import { contentDigest } from "~/base/content_digest.ts";
import { UserError } from "~/base/user_error.ts";
import { readText } from "~/project/read_text.ts";
import { analyseModule, type ModuleAnalysis } from "~/sandbox/modules/analyse_module.ts";
import { type AnalysisCache, keep, recall } from "./analysis_cache.ts";

/** A module, read and analysed. */
export interface LoadedModule {
  /** Relative to the root, with `/`. */
  path: string;
  source: string;
  analysis: ModuleAnalysis;
}

/** Changes when what an analysis finds does; older entries of a cache are then passed over. */
const SCHEME = "ts-5";

/** Reads modules of one project. */
export class ModuleStore {
  readonly #modules = new Map<string, LoadedModule | UserError>();

  /** @param root The project, absolute. */
  constructor(readonly root: string, private readonly cache?: AnalysisCache) {}

  /**
   * Reads and analyses a module, once.
   *
   * @throws {UserError} The file cannot be read. What is wrong in it is in the analysis.
   */
  async load(path: string): Promise<LoadedModule> {
    const known = this.#modules.get(path) ?? await this.#read(path);
    this.#modules.set(path, known);
    if (known instanceof UserError) throw known;
    return known;
  }

  async #read(path: string): Promise<LoadedModule | UserError> {
    try {
      const source = readText(this.root, path);
      return { path, source, analysis: await this.#analyse(path, source) };
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
  }

  async #analyse(path: string, source: string): Promise<ModuleAnalysis> {
    const extension = path.slice(path.lastIndexOf(".") + 1);
    const key = `${SCHEME}:${extension}:${contentDigest(source)}`;
    const known = recall<ModuleAnalysis>(this.cache, key);
    if (known) return known;
    const analysis = await analyseModule(path, source);
    return analysis.problems.length > 0 ? analysis : keep(this.cache, key, analysis);
  }
}
