/** Name and description in English and, for people whose Discord is Korean, in Korean. */
export interface Words {
  name: string;
  ko: string;
  description: string;
  koDescription: string;
}
export const localized = ({ name, ko, description, koDescription }: Words) => ({
  name,
  name_localizations: { ko },
  description,
  description_localizations: { ko: koDescription },
});
