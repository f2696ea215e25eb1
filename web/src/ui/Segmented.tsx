export interface SegmentedProps<T extends string> {
	/** Names the choice, unseen. */
	label: string;
	/** Distinct on the page. */
	name: string;
	options: readonly { value: T; text: string }[];
	value: T;
	onChange: (value: T) => void;
}

/** One of a few: native radio buttons in the shape of a bar. */
export function Segmented<T extends string>({ label, name, options, value, onChange }: SegmentedProps<T>) {
	return (
		<fieldset class="segmented">
			<legend class="unseen">{label}</legend>
			{options.map((option) => (
				<label key={option.value}>
					<input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
					<span>{option.text}</span>
				</label>
			))}
		</fieldset>
	);
}
