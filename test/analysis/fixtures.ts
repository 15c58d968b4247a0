/** What a model chooses that has read the evidence of the dry pool; the last claim is a lie: `S1` is the service with the errors. */
export const truthful = {
  claims: [
    { type: 'count', of: 'S1', than: '' },
    { type: 'share', of: 'S1', than: '' },
    { type: 'cause', of: 'S1', than: '' },
    { type: 'absence', of: 'S1', than: '' },
  ],
  hypothesis: '',
};
