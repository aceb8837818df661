import { realpath } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { DatasourceRow, DatasourceStore } from './datasource-store.ts';
import { scanImages } from './image-scan.ts';
import type { MetadataStore } from './metadata-store.ts';
import { folderOf, isInside, type Root } from './roots.ts';

export interface EngineLog {
  info(message: string): void;
  warn(message: string): void;
}

/**
 * Looks for a datasource's images beside the requests, a batch at a time. Images found stay datapoints when their file goes.
 * A scan that a crash cut short has left IN_PROGRESS behind, and {@link resume} starts it again.
 */
export class Scanner {
  private readonly parts: {
    datasources: DatasourceStore;
    metadata: MetadataStore;
    roots: readonly Root[];
    repo: string;
    log: EngineLog;
  };
  private readonly running = new Map<number, Promise<void>>();
  private readonly stopping = new AbortController();
  constructor(parts: Scanner['parts']) {
    this.parts = parts;
  }

  /** Starts a scan, unless one of this datasource is running. */
  start(datasource: DatasourceRow): void {
    if (this.running.has(datasource.id)) return;
    this.parts.datasources.setStatus(datasource.id, 'IN_PROGRESS');
    const scan = this.scan(datasource)
      .catch((error: unknown) => {
        this.parts.log.warn(
          `datasource "${datasource.name}": its scan ended without a status: ${String(error)}`,
        );
      })
      .finally(() => this.running.delete(datasource.id));
    this.running.set(datasource.id, scan);
  }

  resume(): void {
    for (const datasource of this.parts.datasources.list())
      if (datasource.status === 'IN_PROGRESS') this.start(datasource);
  }

  /** Ends the scans; they start again with {@link resume}. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running.values());
  }

  /** Waits until no scan of the datasource runs. */
  async finished(datasourceId: number): Promise<void> {
    await this.running.get(datasourceId);
  }

  private async scan(datasource: DatasourceRow): Promise<void> {
    const { datasources, log } = this.parts;
    try {
      const images = await this.addImages(datasource);
      if (images === 0) throw new Error('it holds no image (png, jpg, jpeg, webp, gif, bmp, tif, tiff)');
      datasources.setStatus(datasource.id, 'READY');
      log.info(`datasource "${datasource.name}": ${images} images at ${datasource.rootUrl}`);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      datasources.setStatus(datasource.id, 'FAILED', `The scan of ${datasource.rootUrl} failed: ${reason}.`);
      log.warn(`datasource "${datasource.name}": the scan of ${datasource.rootUrl} failed: ${reason}`);
    }
  }

  private async addImages(datasource: DatasourceRow): Promise<number> {
    const place = folderOf(this.parts.roots, datasource.rootUrl, this.parts.repo);
    if (!place) throw new Error('this engine was started without a root for it');
    const folder = await realpath(place.folder).catch(() => null);
    if (folder === null) throw new Error('its folder does not exist');
    if (folder !== place.root.folder && !isInside(place.root.folder, folder))
      throw new Error('its folder is a link out of its root');
    let images = 0;
    for await (const paths of scanImages(place.root.folder, folder, { signal: this.stopping.signal })) {
      this.parts.metadata.addPaths(datasource.id, paths);
      images += paths.length;
      await setImmediate();
    }
    return images;
  }
}
