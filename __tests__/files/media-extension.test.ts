import { describe, expect, test } from '@jest/globals';
import { extensionOf, mediaExtension, withoutMediaExtension } from '../../src/files/media-extension.ts';

describe('the extension', () => {
  test('of each type is the one of its kind of file', () => {
    expect(extensionOf).toEqual({ default: 'mp4', audio: 'm4a' });
  });

  test.each('mp4 m4a m4v mov mkv webm avi mp3 wav aac flac ogg opus ts mpg mpeg wmv flv 3gp'.split(' '))(
    '%s is known, in either case',
    (extension) => {
      expect(mediaExtension(`talk.${extension}`)).toBe(extension);
      expect(mediaExtension(`talk.${extension.toUpperCase()}`)).toBe(extension);
      expect(withoutMediaExtension(`talk.1.${extension}`)).toBe('talk.1');
    },
  );

  test.each(['v1.2', 'talk', 'talk.', 'mp4', 'talk.mp4.', 'talk.mp4x', 'talk.xmp4', 'talk.mp4 ', 'talk.txt'])(
    '%j has none',
    (name) => {
      expect(mediaExtension(name)).toBeUndefined();
      expect(withoutMediaExtension(name)).toBe(name);
    },
  );
});
