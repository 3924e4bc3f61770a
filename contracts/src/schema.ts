/** Small helpers over TypeBox, so that every wire object is closed and every closed list is an enum. */
import { Type, type TEnum, type TObject, type TProperties, type TSchema, type TString } from 'typebox';

/** An object without unknown fields: a misspelt field is an error, never dropped. */
export const Closed = <P extends TProperties>(properties: P): TObject<P> =>
  Type.Object(properties, { additionalProperties: false });

/** One of the words. */
export const OneOf = <const Words extends readonly string[]>(words: Words): TEnum<[...Words]> =>
  Type.Enum([...words] as [...Words]) as unknown as TEnum<[...Words]>;

export const Id = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$',
  description: '3 to 64 of a-z, 0-9 and -',
});
/** Parameters of a path that names one thing. */
export const OneId = Closed({ id: Id });
/** Who did something: a person, a service, a device, or the system. */
export const By = Type.String({ maxLength: 64 });
/** Milliseconds since 1970 UTC. */
export const Time = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
export const Count = Type.Integer({ minimum: 0 });
/** Why somebody did something; asked for by everything that is hard to take back. */
export const Reason = Type.String({ minLength: 3, maxLength: 500 });

/** A text that is not empty. */
export const Line = (maxLength: number): TString => Type.String({ minLength: 1, maxLength });
/** Standard base64, which may be empty. */
export const Base64 = (maxLength: number): TString => Type.String({ maxLength, pattern: '^[A-Za-z0-9+/]*={0,2}$' });

export const OrNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
