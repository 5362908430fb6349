import { describe, expect, test } from '@jest/globals';
import { credentialHeaders } from '../../src/stream/credentials.ts';

describe('the headers of credentials', () => {
  test('are the bearer’s for a token', () => {
    expect(credentialHeaders({ token: 'T0ken' })).toEqual({ Authorization: 'Bearer T0ken' });
  });

  test('are those of the older pair for a pair', () => {
    expect(credentialHeaders({ email: 'a@example.org', key: 'k3y' })).toEqual({
      'X-Auth-Email': 'a@example.org',
      'X-Auth-Key': 'k3y',
    });
  });
});
