import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** A browser that asks nothing of the internet. @throws Error when there is no Chromium. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

function chromiumPath(): string {
  const candidates = [
    process.env['CHROMIUM_PATH'] ?? '',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const found = candidates.find((file) => file !== '' && existsSync(file));
  if (!found) throw new Error('This test needs Chromium: install it, or set CHROMIUM_PATH to it.');
  return found;
}
