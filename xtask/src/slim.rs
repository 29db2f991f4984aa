//! Makes the module smaller without changing what it does.
//!
//! - Nobody sees the message of a panic in a browser: to panic is to trap. So where the module would
//!   panic it traps at once, without putting the message together; and what is called by nothing any
//!   more is left out.
//! - Of functions that are the same one is kept.
//! - Its functions are put in an order in which they are packed well.
//! - Names of functions, by which the first is done, are left out.

use crate::error::Error;
use crate::order::chain;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ElementItems, ExternalKind, FunctionBody, FunctionSectionReader,
    KnownCustom, Name, Operator, Parser, Payload, TypeRef,
};

/// Functions of the standard library that end in a panic, by how their names begin.
const PANICS: [&str; 11] = [
    "core::panicking::",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::result::unwrap_failed",
    "core::cell::panic_already",
    "core::slice::index::slice_index_fail",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::str::slice_error_fail",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::handle_error",
    "alloc::raw_vec::capacity_overflow",
];

/// The writing of floats. It is there only for serde's words for a number with a point; but `serde_json`
/// writes such numbers by itself, and our readers do without, so that it is never called.
const NEVER_CALLED: [&str; 2] =
    ["<serde_core::de::WithDecimalPoint as core::fmt::Display>::fmt", "<f64 as core::fmt::Display>::fmt"];

/// Makes the module of this file smaller.
pub(crate) fn module(path: &Path) -> Result<(), Error> {
    let module = fs::read(path).map_err(|e| Error::file(path, e))?;
    let slim = slim(&module).map_err(|e| Error::Module { path: path.to_owned(), why: e.to_string() })?;
    fs::write(path, slim).map_err(|e| Error::file(path, e))
}

fn slim(module: &[u8]) -> Result<Vec<u8>, reencode::Error> {
    let parts = Parts::of(module)?;
    let kept = parts.kept()?;
    let place = (parts.imported..).take(parts.bodies.len()).collect();
    let mut slim = Slim { imported: parts.imported, panics: parts.panics, order: Vec::new(), place };
    let first = slim.same(&kept, &parts.bodies, &parts.types)?;
    let kept: Vec<usize> = kept.into_iter().filter(|at| first[*at] == *at).collect();
    let bodies = kept.iter().map(|at| slim.rewritten(*at, &parts.bodies[*at])).collect::<Result<Vec<_>, _>>()?;
    let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
    slim.order = chain(&bodies).into_iter().map(|at| kept[at]).collect();
    let mut place = vec![0; first.len()];
    for (to, from) in (slim.imported..).zip(&slim.order) {
        place[*from] = to;
    }
    slim.place = first.iter().map(|first| place[*first]).collect();
    let mut written = Module::new();
    slim.parse_core_module(&mut written, Parser::new(0), module)?;
    Ok(written.finish())
}

/// What has to be known of a module. Functions are counted without those that are imported.
struct Parts<'m> {
    /// How many functions are imported; they come first.
    imported: u32,
    bodies: Vec<FunctionBody<'m>>,
    /// Their types.
    types: Vec<u32>,
    /// Which functions end in a panic.
    panics: Vec<bool>,
    /// The functions that can be called from outside, or by their place in a table; by their index.
    roots: Vec<u32>,
}

impl<'m> Parts<'m> {
    fn of(module: &'m [u8]) -> Result<Self, reencode::Error> {
        let mut parts =
            Self { imported: 0, bodies: Vec::new(), types: Vec::new(), panics: Vec::new(), roots: Vec::new() };
        let mut named: Vec<u32> = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        parts.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        parts.roots.extend((export.kind == ExternalKind::Func).then_some(export.index));
                    }
                }
                Payload::StartSection { func, .. } => parts.roots.push(func),
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        parts.take(global?.init_expr.get_operators_reader())?;
                    }
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        match element?.items {
                            ElementItems::Functions(functions) => {
                                parts.roots.extend(functions.into_iter().collect::<Result<Vec<u32>, _>>()?);
                            }
                            ElementItems::Expressions(_, expressions) => {
                                for expression in expressions {
                                    parts.take(expression?.get_operators_reader())?;
                                }
                            }
                        }
                    }
                }
                Payload::FunctionSection(types) => parts.types = types.into_iter().collect::<Result<_, _>>()?,
                Payload::CodeSectionEntry(body) => parts.bodies.push(body),
                Payload::CustomSection(section) => named.extend(panics(&section)?),
                _ => {}
            }
        }
        parts.panics = vec![false; parts.bodies.len()];
        for index in named {
            if let Some(own) = own(parts.imported, index) {
                parts.panics[own] = true;
            }
        }
        Ok(parts)
    }

    /// The functions that an expression refers to.
    fn take(&mut self, mut reader: wasmparser::OperatorsReader<'_>) -> Result<(), reencode::Error> {
        while !reader.eof() {
            if let Operator::RefFunc { function_index } = reader.read()? {
                self.roots.push(function_index);
            }
        }
        Ok(())
    }

    /// The functions that can be reached when what panics is not called, in their old order.
    fn kept(&self) -> Result<Vec<usize>, reencode::Error> {
        let mut kept = vec![false; self.bodies.len()];
        let mut next: Vec<usize> = self.roots.iter().filter_map(|index| own(self.imported, *index)).collect();
        while let Some(at) = next.pop() {
            if std::mem::replace(&mut kept[at], true) || self.panics[at] {
                continue;
            }
            let mut reader = self.bodies[at].get_operators_reader()?;
            while !reader.eof() {
                match reader.read()? {
                    Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                        next.extend(own(self.imported, function_index).filter(|at| !self.panics[*at]));
                    }
                    Operator::RefFunc { function_index } => next.extend(own(self.imported, function_index)),
                    _ => {}
                }
            }
        }
        Ok((0..kept.len()).filter(|at| kept[*at]).collect())
    }
}

/// Which of the module's own functions an index is.
fn own(imported: u32, index: u32) -> Option<usize> {
    index.checked_sub(imported).map(|own| own as usize)
}

/// The functions whose names are those of panics.
fn panics(section: &CustomSectionReader<'_>) -> Result<Vec<u32>, reencode::Error> {
    let mut found = Vec::new();
    let KnownCustom::Name(names) = section.as_known() else { return Ok(found) };
    for names in names {
        let Name::Function(functions) = names? else { continue };
        for function in functions {
            let function = function?;
            let name = without_hashes(function.name);
            if PANICS.iter().chain(&NEVER_CALLED).any(|beginning| name.starts_with(beginning)) {
                found.push(function.index);
            }
        }
    }
    Ok(found)
}

/// A name such as `core[c5930c85a12de822]::option::unwrap_failed` without what is in brackets.
fn without_hashes(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        rest = after.split_once(']').map_or("", |(_, after)| after);
    }
    out + rest
}

/// The module as it is written anew.
struct Slim {
    imported: u32,
    panics: Vec<bool>,
    /// The functions that are kept.
    order: Vec<usize>,
    /// The new index of each.
    place: Vec<u32>,
}

impl Reencode for Slim {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(own(self.imported, index).map_or(index, |own| self.place[own]))
    }

    /// None is of use to the page.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), reencode::Error> {
        Ok(())
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
            to.raw(&self.rewritten(at, &bodies[at])?);
        }
        Ok(())
    }
}

impl Slim {
    /// For each function the first that is the same, of the same type, when those that they call are
    /// taken to be the same as well where they are.
    fn same(
        &mut self,
        kept: &[usize],
        bodies: &[FunctionBody<'_>],
        types: &[u32],
    ) -> Result<Vec<usize>, reencode::Error> {
        let mut first: Vec<usize> = (0..bodies.len()).collect();
        loop {
            let mut seen: HashMap<(u32, Vec<u8>), usize> = HashMap::new();
            let mut changed = false;
            for at in kept.iter().copied().filter(|at| first[*at] == *at).collect::<Vec<_>>() {
                let other = *seen.entry((types[at], self.rewritten(at, &bodies[at])?)).or_insert(at);
                if other != at {
                    changed = true;
                    first.iter_mut().filter(|first| **first == at).for_each(|first| *first = other);
                }
            }
            for (own, index) in first.iter().zip(&mut self.place) {
                *index = self.imported + u32::try_from(*own).unwrap_or(u32::MAX);
            }
            if !changed {
                return Ok(first);
            }
        }
    }

    /// A function as it is written.
    fn rewritten(&mut self, at: usize, body: &FunctionBody<'_>) -> Result<Vec<u8>, reencode::Error> {
        if self.panics[at] {
            // It is named in a table.
            let mut function = Function::new([]);
            function.instruction(&Instruction::Unreachable).instruction(&Instruction::End);
            return Ok(function.into_raw_body());
        }
        let mut function = self.new_function_with_parsed_locals(body)?;
        let mut reader = body.get_operators_reader()?;
        // What only computes is held back: before a trap it does nothing.
        let mut held: Vec<Instruction<'_>> = Vec::new();
        let mut trapped = false;
        while !reader.eof() {
            let operator = reader.read()?;
            match operator {
                Operator::Call { function_index } if self.panics(function_index) => {
                    held.clear();
                    function.instruction(&Instruction::Unreachable);
                    trapped = true;
                    continue;
                }
                Operator::Unreachable if trapped && held.is_empty() => {}
                operator if only_computes(&operator) => held.push(self.instruction(operator)?),
                operator => {
                    write(&mut function, &mut held);
                    function.instruction(&self.instruction(operator)?);
                }
            }
            trapped = false;
        }
        write(&mut function, &mut held);
        Ok(function.into_raw_body())
    }

    fn panics(&self, index: u32) -> bool {
        own(self.imported, index).is_some_and(|own| self.panics[own])
    }
}

fn write(function: &mut Function, held: &mut Vec<Instruction<'_>>) {
    held.drain(..).for_each(|instruction| _ = function.instruction(&instruction));
}

/// Whether an instruction does nothing that is of account once the module has trapped.
fn only_computes(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::LocalGet { .. }
            | O::LocalSet { .. }
            | O::LocalTee { .. }
            | O::GlobalGet { .. }
            | O::I32Const { .. }
            | O::I64Const { .. }
            | O::I32Load { .. }
            | O::I64Load { .. }
            | O::I32Load8U { .. }
            | O::I32Load16U { .. }
            | O::I32Add
            | O::I32Sub
            | O::I32Mul
            | O::I32And
            | O::I32Or
            | O::I32Shl
            | O::I32ShrU
            | O::I32Store { .. }
            | O::I64Store { .. }
            | O::I32Store8 { .. }
            | O::Select
            | O::Drop
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{ExportKind, ExportSection, NameMap, NameSection, TypeSection, ValType};

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

    /// Six functions that each call the next, one that panics, which the last calls, and some more; those with an even number are alike, and so are the others.
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
            function.instructions().drop().call(at + 1);
            function.instructions().end();
            code.function(&function);
        }
        functions.function(0);
        let mut panic = Function::new([]);
        panic.instructions().unreachable().end();
        code.function(&panic);
        // Two that are the same, and two that are when these are.
        for (name, at) in [("same", 7), ("as it", 8), ("calls it", 9), ("so too", 10)] {
            functions.function(0);
            exports.export(name, ExportKind::Func, at);
            let mut function = Function::new([]);
            let instruction = if at < 9 { Instruction::I32Const(5) } else { Instruction::Call(at - 2) };
            function.instruction(&instruction);
            function.instructions().end();
            code.function(&function);
        }
        let (mut names, mut module) = (NameSection::new(), Module::new());
        let mut map = NameMap::new();
        map.append(6, "core[c5930c85a12de822]::panicking::panic");
        names.functions(&map);
        module.section(&types).section(&functions).section(&exports).section(&code).section(&names);
        module.finish()
    }

    #[test]
    fn what_is_alike_stands_together_calls_what_it_called_and_traps_where_it_panicked() {
        let before = module();
        let after = slim(&before).unwrap();
        wasmparser::Validator::new().validate_all(&after).unwrap();
        let (bodies, exports) = read(&after);
        assert_eq!(bodies.len(), 8, "without the panic, and what is there twice once");
        let last = &bodies[exports.iter().find(|(name, _)| name == "f5").unwrap().1 as usize];
        assert_eq!(last[..], [0, 0x00, 0x0b], "no locals, unreachable, end");
        let place = |name: &str| exports.iter().find(|(n, _)| n == name).unwrap().1;
        let even: Vec<u32> = ["f0", "f2", "f4"].map(place).to_vec();
        let (low, high) = (even.iter().min().unwrap(), even.iter().max().unwrap());
        assert_eq!(high - low, 2, "{exports:?}");
        assert_eq!((place("same"), place("calls it")), (place("as it"), place("so too")));
        for at in 0..5_u32 {
            let body = &bodies[place(&format!("f{at}")) as usize];
            let next = u8::try_from(place(&format!("f{}", at + 1))).unwrap();
            // `call NEXT end`
            assert!(body.ends_with(&[0x10, next, 0x0b]), "{at}: {body:?}");
        }
    }
}
