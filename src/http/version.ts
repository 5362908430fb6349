/** The version of this action, as in `package.json`; sent as part of the `User-Agent`. */
export const version = '1.0.0';
