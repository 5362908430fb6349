import { oneLine } from '../core/text.ts';

/**
 * Reads the body as text.
 *
 * @param maxBytes where to end early, about
 * @throws the signal's reason as soon as it is aborted, however silent the server is
 */
export async function readText(
  response: Response,
  signal: AbortSignal,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.throwIfAborted();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const decoder = new TextDecoder();
    let text = '';
    let readBytes = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
      readBytes += part.value.byteLength;
      if (readBytes >= maxBytes) cancel();
    }
    signal.throwIfAborted();
    return text + decoder.decode();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * What a body is that was not expected, as a message shows it. Secrets are cut before the text is, so that no half of
 * one stays.
 *
 * @param cut cuts secrets out of a text
 */
export function quoteBody(headers: Headers, text: string, cut: (text: string) => string): string {
  const type = headers.get('content-type')?.split(';')[0] ?? 'no content type';
  return text.trim() === '' ? `an empty body (${type})` : `${type}: “${oneLine(cut(text), 200)}”`;
}
