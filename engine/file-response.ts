import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';

const contentTypes: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.bmp': 'image/bmp',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
};

/** Answers with a file: whole, one range of it, or 304 when the asker has it. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: string,
): Promise<FastifyReply> {
  const handle = await openNow(file);
  if (handle === null) return reply.code(404).send({ message: 'There is no such file.' });
  try {
    const info = await handle.stat();
    if (!info.isFile()) {
      await handle.close();
      return await reply.code(404).send({ message: 'This is no file.' });
    }
    const etag = `"${info.size.toString(16)}-${Math.round(info.mtimeMs).toString(16)}"`;
    void reply.headers({ etag, 'cache-control': 'private, no-cache' });
    if (isKnown(request.headers['if-none-match'], etag)) {
      await handle.close();
      return await reply.code(304).send();
    }
    void reply.headers({
      'last-modified': info.mtime.toUTCString(),
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-type': contentTypes[path.extname(file).toLowerCase()] ?? 'application/octet-stream',
    });
    return await sendRange(request, reply, { handle, size: info.size, etag });
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

/** Null when the file has gone since it was found. What is no file, a pipe say, does not keep us waiting. */
async function openNow(file: string): Promise<FileHandle | null> {
  return open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  });
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = ifNoneMatch?.split(',').map((one) => one.trim().replace(/^W\//, '')) ?? [];
  return known.includes('*') || known.includes(etag);
}

async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  file: { handle: FileHandle; size: number; etag: string },
): Promise<FastifyReply> {
  const ifRange = request.headers['if-range'];
  const stale = ifRange !== undefined && ifRange !== file.etag;
  const range = stale || request.method !== 'GET' ? 'all' : parseRange(request.headers.range, file.size);
  if (range === 'none') {
    await file.handle.close();
    return reply.code(416).header('content-range', `bytes */${file.size}`).type('text/plain').send('');
  }
  const { start, end } = range === 'all' ? { start: 0, end: file.size - 1 } : range;
  void reply.header('content-length', end - start + 1);
  if (range !== 'all') void reply.code(206).header('content-range', `bytes ${start}-${end}/${file.size}`);
  if (request.method === 'HEAD' || end < start) {
    await file.handle.close();
    return reply.send('');
  }
  return reply.send(file.handle.createReadStream({ start, end }));
}

/**
 * The one range a `Range` header asks for. Several ranges, or another unit, count as none asked for.
 *
 * @returns Inclusive offsets; 'all' for the whole file; 'none' when no byte of it is wanted.
 * @see RFC 9110, section 14.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'all' | 'none' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (!match || (first === '' && last === '')) return 'all';
  if (first === '')
    return last === '0' || size === 0 ? 'none' : { start: Math.max(size - Number(last), 0), end: size - 1 };
  const [start, end] = [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)];
  if (last !== '' && Number(last) < start) return 'all';
  return start >= size ? 'none' : { start, end };
}
