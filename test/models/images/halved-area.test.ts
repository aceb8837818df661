import sharp from 'sharp';
import { decodeImage } from '../../../models/images/decode-image.ts';
import { openJpegTurbo } from '../../../models/images/jpeg-turbo.ts';

/** 32 × 32, of chroma at half the size. */
const jpeg = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAgACADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDk47fDAFsAHJ45PuKsR2/zJhskdML79atLCCvyqMkYGParMVuCVVFBBbJxgZ6+vY19NiMXvYwwuI11KkcAC7iBnGM5zmrcce/hVyCfTngdKsfZhlQ5O/G0HGO3/wBeri2535OCAD0HX0/z/k+DicX2PqMJXsrFdYCTuIQHgHtjr1H9KtpaEoik5TPBC8jr/hjHerC27MdrLnPOc8d/0/xqxbQBCxxk4BPTpXJiMZofnmErsqwwbSy4BGR8oGSPb8iasx22w5Vjz054NXIYQEwVyrcfK2QTx0/L/wCvVhbb5lIbPTOB6+o6jvXgYjF67n1GDrn/2Q==',
  'base64',
);
/** What Pillow 13.0.0 makes of it after `draft('RGB', (16, 16))`, and OpenCV 5.0.0 with `IMREAD_REDUCED_COLOR_2`, in RGB. */
const halved = Buffer.from(
  'GAXtIQ7kKhTZNBTXPQzZWhfjVQTDcRjIcxOoewmdnAmfvAqe2xKg2weN8BiV5A2GEwzuIBjpGA3JNh7YOA3OUhPUXA/BaxW2eRutlia2phuquhKd2xye3RKI6hqI7B2FHCr/HCnpKzHdQTrgTjDdZTHbcSzFeSuzeSGpiCOnqSqruR+X1CSQ3SGA3h1w7it3FTr6EjfgIDvQLjnHPzPFWjXDZi6rfTulgjOqlTutozSdryiHviJz2DJy3C5j+Ed1DUfpDEPRIVLJKEi5NTyxVUS2bkqqdUmWj0ypkUKbji+AsD+B1FCC2Uds4EZe6ktdFlzgFlzMKGfEI1WsP1m2UVaxYlagcVyUfESFkVGNoFSFrE11wFJr11ll0EVK8mJhEV/LHGnBH2quJGGkQ223Vmy3SVKLZmWPmmqQnWeJo2N+s2V1zW502Ghm3mJa8GpeEGG9JXfBG2qjNHmwNWipS22tY3eqf4yvo3eOnG2BlFxps2xyznZ02XFo7HRm73BfGJa8C4GnHYWqNIiqQYGaaJajZIaHZH94dHpuhIFwppV3soxlt31NyHhD4oJP9YtXCJKsE5OuKpy2MI+jNYGOWpSVY46EaY58h5VxfoVbpJ1nspZVwpBH0Is+4os+7o5BB6KmEKSmGp6iNKWjVrOoWaSPZaWDgrmRhKFfj6Vcp6xYrqFBz6xE2J807aU57ZwxB7ieDLSbKMCnKrGRPK+IZ8iVaLx+c8B6kLxnf6RHnbRMsbRBxrI34Lk64qgq8bAyC86WDsmSG8ePIbl+OL55PLBfac5ydNNvfrpYjcJaq9Bepbg6xcE71bsy4bct8L82A9KCEdiHIduKLNJ8NcZnR8ZdaNtmc+BjidReltpfpttVutxKvcgu2M8y0bca6scrBdx3CddzGNhzNeJ5QdpoUNZZaeNaa95PfthFhtk/neA7sOEw3PY91Nkd5tsf9OElGPKEHvCDKOx+Q/SCTupvUtxVdPJgc+pQg+Y7nvlGoO0vs+wjxekX2egT9PMd8OUR',
  'base64',
);
const shape = { width: 16, height: 16, channels: 3, resize: 'stretch', padValue: 0 } as const;

/** Where libjpeg-turbo is missing, sharp decodes, and nothing is halved. */
const whereTurbo = openJpegTurbo() ? test : test.skip;

whereTurbo('a JPEG is halved as it is decoded to the bytes of Pillow and OpenCV', async () => {
  const pixels = await decodeImage(jpeg, { ...shape, interpolation: 'halved-area' });
  expect(Buffer.from(pixels).equals(halved)).toBe(true);
  expect(Buffer.from(await decodeImage(jpeg, shape)).equals(halved)).toBe(false);
});

test.each([
  ['would leave fewer pixels than are wanted', { ...shape, width: 17 }, jpeg],
  ['meets no JPEG', shape, undefined],
])('nothing is halved where it %s', async (_, wanted, given) => {
  const bytes = given ?? (await sharp(jpeg).png().toBuffer());
  const pixels = await decodeImage(bytes, { ...wanted, interpolation: 'halved-area' });
  expect(Buffer.from(pixels).equals(await decodeImage(bytes, wanted))).toBe(true);
});
