// A user's SSH key: whoever holds its private half may push as that user.

/** Found by the SHA-256 (hex) of the decoded key blob: the same key cannot belong to two users. */
export interface PublicKey {
  uuid: string;
  /** The name its owner gave it, often `user@laptop`; several keys may have the same. */
  id: string;
  owner: string;
  /** The line of OpenSSH as it was sent, line end included: type, base64, comment. */
  public: string;
  /** MD5 of the blob, 16 hex pairs with colons. */
  fingerprint: string;
  created: string;
  updated: string;
}
