//! Puts the functions of a module in an order in which it is packed well.
//!
//! The compiler writes generic code anew for every type, so that many functions are alike. gzip finds
//! what is alike only within 32 KiB, and the linker puts functions where they happen to stand. Here
//! each is followed by the one that is most like it: nothing else changes.

use crate::error::Error;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload};

/// Likeness is counted in runs of so many bytes.
const RUN: usize = 4;

/// A run that is in more functions than that says nothing.
const COMMON: usize = 300;

/// Functions with less in common than that do not count as alike, in hundredths of what both have.
const LEAST: usize = 3;

/// Puts the functions of the module in order; done again, it changes nothing but the order.
pub(crate) fn functions(path: &Path) -> Result<(), Error> {
    let module = fs::read(path).map_err(|e| Error::file(path, e))?;
    let ordered = ordered(&module).map_err(|e| Error::Module { path: path.to_owned(), why: e.to_string() })?;
    fs::write(path, ordered).map_err(|e| Error::file(path, e))
}

fn ordered(module: &[u8]) -> Result<Vec<u8>, reencode::Error> {
    let (mut imported, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    let order = chain(&bodies);
    let mut place = vec![0; order.len()];
    for (to, from) in (imported..).zip(&order) {
        place[*from] = to;
    }
    let mut written = Module::new();
    Order { imported, order, place }.parse_core_module(&mut written, Parser::new(0), module)?;
    Ok(written.finish())
}

/// A module as it is, but for the order of its functions.
struct Order {
    /// So many functions are imported; they come first and stay there.
    imported: u32,
    /// The functions of the module, by their old place among each other.
    order: Vec<usize>,
    /// The new index of each.
    place: Vec<u32>,
}

impl Reencode for Order {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        let own = index.checked_sub(self.imported).and_then(|own| self.place.get(own as usize));
        Ok(own.copied().unwrap_or(index))
    }

    fn parse_function_section(
        &mut self,
        to: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for at in &self.order {
            to.function(types[*at]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        to: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for at in self.order.clone() {
            self.parse_function_body(to, bodies[at].clone())?;
        }
        Ok(())
    }
}

/// Begins with the longest; then comes the one that is most like the last, or the longest that is left.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let runs: Vec<Vec<u32>> = bodies.iter().map(|body| runs(body)).collect();
    let shared = shared(&runs);
    let mut longest: Vec<usize> = (0..bodies.len()).collect();
    longest.sort_by_key(|at| std::cmp::Reverse(bodies[*at].len()));
    let mut longest = longest.into_iter();
    let mut left = vec![true; bodies.len()];
    let mut common = vec![0_usize; bodies.len()];
    let mut order = Vec::with_capacity(bodies.len());
    while let Some(mut at) = longest.by_ref().find(|at| left[*at]) {
        loop {
            left[at] = false;
            order.push(at);
            let mut touched = Vec::new();
            for other in shared[at].iter().flat_map(|run| run.iter().copied()).filter(|other| left[*other]) {
                if common[other] == 0 {
                    touched.push(other);
                }
                common[other] += 1;
            }
            touched.sort_unstable();
            let mut best = None;
            for other in touched {
                let both = std::mem::take(&mut common[other]);
                let all = runs[at].len() + runs[other].len() - both + RUN;
                // Fractions are compared by cross-multiplication.
                if both * 100 >= LEAST * all && best.is_none_or(|(_, b, a)| both * a > b * all) {
                    best = Some((other, both, all));
                }
            }
            match best {
                Some((next, ..)) => at = next,
                None => break,
            }
        }
    }
    order
}

/// The runs of a function, each once.
fn runs(body: &[u8]) -> Vec<u32> {
    let mut runs: Vec<u32> = body.windows(RUN).filter_map(|run| run.try_into().ok()).map(u32::from_le_bytes).collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// For each function, the functions that have each of its runs; without runs that say nothing.
fn shared(runs: &[Vec<u32>]) -> Vec<Vec<Rc<[usize]>>> {
    let mut places: Vec<(u32, usize)> = Vec::new();
    for (at, runs) in runs.iter().enumerate() {
        places.extend(runs.iter().map(|run| (*run, at)));
    }
    places.sort_unstable();
    let mut shared = vec![Vec::new(); runs.len()];
    for group in places.chunk_by(|a, b| a.0 == b.0).filter(|group| (2..=COMMON).contains(&group.len())) {
        let functions: Rc<[usize]> = group.iter().map(|(_, at)| *at).collect();
        for at in functions.iter() {
            shared[*at].push(functions.clone());
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{ExportKind, ExportSection, Function, TypeSection, ValType};

    /// The functions in their order, and which of them each export is.
    fn read(module: &[u8]) -> (Vec<Vec<u8>>, Vec<(String, u32)>) {
        let (mut bodies, mut exports) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
                Payload::ExportSection(section) => {
                    exports.extend(section.into_iter().map(Result::unwrap).map(|e| (e.name.to_owned(), e.index)));
                }
                _ => {}
            }
        }
        (bodies, exports)
    }

    /// Functions that each call the next; those with an even number are alike, and so are the others.
    fn module() -> Vec<u8> {
        let (mut types, mut functions, mut exports, mut code) =
            (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
        types.ty().function([], [ValType::I32]);
        for at in 0..6_u32 {
            functions.function(0);
            exports.export(&format!("f{at}"), ExportKind::Func, at);
            let mut function = Function::new([]);
            for step in 0..8 {
                function.instructions().i32_const(if at % 2 == 0 { 10_000 } else { 77_000_000 } + step).drop();
            }
            function.instructions().i32_const(i32::try_from(at).unwrap());
            if at < 5 {
                function.instructions().drop().call(at + 1);
            }
            function.instructions().end();
            code.function(&function);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    #[test]
    fn what_is_alike_stands_together_and_calls_what_it_called() {
        let before = module();
        let after = ordered(&before).unwrap();
        wasmparser::Validator::new().validate_all(&after).unwrap();
        let (bodies, exports) = read(&after);
        let place = |name: &str| exports.iter().find(|(n, _)| n == name).unwrap().1;
        let odd: Vec<u32> = ["f1", "f3", "f5"].map(place).to_vec();
        let (low, high) = (odd.iter().min().unwrap(), odd.iter().max().unwrap());
        assert_eq!(high - low, 2, "{exports:?}");
        for at in 0..5_u32 {
            let body = &bodies[place(&format!("f{at}")) as usize];
            let next = u8::try_from(place(&format!("f{}", at + 1))).unwrap();
            // `call NEXT end`
            assert!(body.ends_with(&[0x10, next, 0x0b]), "{at}: {body:?}");
        }
    }
}
