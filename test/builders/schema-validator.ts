/**
 * A small validator of JSON Schema (draft 2020-12): the keywords that our schemas use, each by the
 * words of the specification. It throws at a keyword that it does not know, so that none is passed
 * over in silence. It shares nothing with the code that writes the schemas.
 */
type Schema = Readonly<Record<string, unknown>> | boolean;
type Holds = (
  argument: never,
  value: unknown,
  schema: Readonly<Record<string, unknown>>,
) => boolean;
type ObjectValue = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is ObjectValue => {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
};
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    default:
      throw new Error(`unknown type '${type}'`);
  }
}

/** Whether a value is valid under the schema. */
export function validatorOf(root: ObjectValue): (value: unknown) => boolean {
  const patterns = new Map<string, RegExp>();
  const patternOf = (source: string): RegExp => {
    const known = patterns.get(source) ?? new RegExp(source, 'u');
    patterns.set(source, known);
    return known;
  };
  const onNumber = (holds: (limit: number, value: number) => boolean): Holds => {
    return (limit: number, value) => typeof value !== 'number' || holds(limit, value);
  };
  const onObject = (holds: (argument: never, value: ObjectValue) => boolean): Holds => {
    return (argument, value) => !isObject(value) || holds(argument, value);
  };
  const note: Holds = () => true;

  const KEYWORDS: Readonly<Record<string, Holds>> = {
    $schema: note,
    $defs: note,
    title: note,
    description: note,
    // oxlint-disable-next-line unicorn/no-thenable -- the keyword beside `if`
    then: note,
    else: note,
    $ref: (name: string, value) => {
      const path = name.split('/').slice(1);
      const found = path.reduce<unknown>((at, step) => (at as ObjectValue)[step], root);
      if (found === undefined) throw new Error(`nothing at ${name}`);
      return isValid(found as Schema, value);
    },
    type: (types: string | string[], value) => {
      return [types].flat().some((type) => isOfType(type, value));
    },
    const: (wanted: unknown, value) => same(wanted, value),
    enum: (words: unknown[], value) => words.some((word) => same(word, value)),
    pattern: (source: string, value) => typeof value !== 'string' || patternOf(source).test(value),
    minimum: onNumber((limit, value) => value >= limit),
    maximum: onNumber((limit, value) => value <= limit),
    exclusiveMinimum: onNumber((limit, value) => value > limit),
    items: (schema: Schema, value) => {
      return !Array.isArray(value) || value.every((item) => isValid(schema, item));
    },
    minItems: (least: number, value) => !Array.isArray(value) || value.length >= least,
    minProperties: onObject((least: number, value) => Object.keys(value).length >= least),
    maxProperties: onObject((most: number, value) => Object.keys(value).length <= most),
    required: onObject((names: string[], value) => names.every((name) => name in value)),
    properties: onObject((schemas: Record<string, Schema>, value) => {
      return Object.entries(schemas).every(([name, schema]) => {
        return !(name in value) || isValid(schema, value[name]);
      });
    }),
    propertyNames: onObject((schema: Schema, value) => {
      return Object.keys(value).every((name) => isValid(schema, name));
    }),
    additionalProperties: (schema: Schema, value, { properties = {} }) => {
      if (!isObject(value)) return true;
      const others = Object.entries(value).filter(([name]) => !(name in (properties as object)));
      return others.every(([, other]) => isValid(schema, other));
    },
    dependentRequired: onObject((needs: Record<string, string[]>, value) => {
      return Object.entries(needs).every(([name, needed]) => {
        return !(name in value) || needed.every((other) => other in value);
      });
    }),
    dependentSchemas: onObject((schemas: Record<string, Schema>, value) => {
      return Object.entries(schemas).every(([name, schema]) => {
        return !(name in value) || isValid(schema, value);
      });
    }),
    not: (schema: Schema, value) => !isValid(schema, value),
    anyOf: (schemas: Schema[], value) => schemas.some((schema) => isValid(schema, value)),
    allOf: (schemas: Schema[], value) => schemas.every((schema) => isValid(schema, value)),
    oneOf: (schemas: Schema[], value) => {
      return schemas.filter((schema) => isValid(schema, value)).length === 1;
    },
    if: (condition: Schema, value, schema) => {
      const branch = isValid(condition, value) ? schema['then'] : schema['else'];
      return branch === undefined || isValid(branch as Schema, value);
    },
  };

  function isValid(schema: Schema, value: unknown): boolean {
    if (typeof schema === 'boolean') return schema;
    return Object.entries(schema).every(([keyword, argument]) => {
      const holds = KEYWORDS[keyword];
      if (holds === undefined) throw new Error(`unknown keyword '${keyword}'`);
      return holds(argument as never, value, schema);
    });
  }
  return (value) => isValid(root, value);
}
